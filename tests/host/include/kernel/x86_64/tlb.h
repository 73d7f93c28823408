/* SPDX-License-Identifier: BSD-2-Clause */
/* Host stand-in: the tables under test are no CPU's. */
#pragma once

#include <stdint.h>

static inline void tlb_invalidate(uint64_t virt) { (void)virt; }
