/* SPDX-License-Identifier: BSD-2-Clause */
/* Forgets a page's translation on every CPU that may hold it: one CPU, until others are started. */
#pragma once

#include <stdint.h>

static inline void tlb_invalidate(uint64_t virt)
{
	__asm__ volatile("invlpg (%0)" : : "r"(virt) : "memory");
}
