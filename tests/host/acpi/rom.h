/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only "physical memory" there is for ACPI's reader. Each block lies in an allocation of its own, so that
 * AddressSanitizer sees a read past its end.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ROM_BLOCKS 16

extern struct rom_block { uint64_t phys; size_t len; uint8_t *mem; } rom_blocks[ROM_BLOCKS]; /* in order of their making */

void *rom_block(uint64_t phys, size_t len); /* zeroed */
void rom_forget(void);                      /* all blocks */
uint8_t rom_sum(const void *, size_t len);
