/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a panic: straight to the consoles, without locks and memory. */
#pragma once

#include <stdint.h>

struct thread;

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "#1  0x... function+0x12". Depth 0 is an instruction, anything else a return address. */
void say_frame(unsigned depth, uint64_t address);

/* The callers, from the frame that rbp points at; t: see backtrace(). */
void say_calls(uint64_t rbp, const struct thread *t);
