/* SPDX-License-Identifier: BSD-2-Clause */
/* Host stand-in: the tables under test are no CPU's. */
#pragma once

#include <stdint.h>

static inline void tlb_flush_range(uint64_t start, uint64_t len) { (void)start, (void)len; }
static inline void tlb_flush_later(void) { }
