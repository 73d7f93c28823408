/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#define TICKS_PER_SECOND 100 /* of times(2); sysconf(_SC_CLK_TCK) */
