/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's, and what ours has besides. */
#pragma once

#include_next <termios.h>

#ifndef VSTATUS
#define VSTATUS 17 /* libc/include/termios.h */
#endif
