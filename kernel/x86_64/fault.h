/* SPDX-License-Identifier: BSD-2-Clause */
/* What a page fault means. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct trap_frame;

/* Returns if memory is there now. Else the access was wrong: a panic. */
void page_fault(struct trap_frame *, uint64_t address);

/*
 * In words, for an access that did not hit a guard page. error_code: Intel SDM volume 3, figure
 * 4-12.
 */
const char *fault_describe(uint64_t error_code, uint64_t address);
