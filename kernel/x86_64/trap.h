/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an exception or interrupt leaves on the stack (trap_entry.S builds it; Intel SDM volume 3,
 * 6.14.2).
 */
#pragma once

#include <stdint.h>

struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error_code;
	uint64_t rip, cs, rflags, rsp, ss;
};
