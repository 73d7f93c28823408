/* SPDX-License-Identifier: BSD-2-Clause */
/* Call chains by frame pointers (everything is compiled with -fno-omit-frame-pointer). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct thread;

/*
 * Calls visit for each return address, innermost first, from the frame that rbp points at, as long
 * as visit returns true. Stops at the first frame that makes no sense. t, which may be NULL or
 * nonsense too: whose stack an interrupt handler's chain leads into.
 */
void backtrace(uint64_t rbp, const struct thread *t, bool (*visit)(unsigned depth, uint64_t address));

/* The caller's own frame, to start from. */
static inline uint64_t backtrace_here(void)
{
	return (uint64_t)__builtin_frame_address(0);
}
