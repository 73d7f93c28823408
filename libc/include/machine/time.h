/* SPDX-License-Identifier: BSD-2-Clause */
/* clock() counts in microseconds, as XSI has it (newlib: milliseconds). */
#pragma once

#define _CLOCKS_PER_SEC_ 1000000
