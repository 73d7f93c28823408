/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image's own symbol table, made by the builder between two links: u32 count; u32
 * address[count], ascending; u32 name[count], offsets from the table's start; NUL-terminated names.
 * A symbol reaches to the next one; the last, with an empty name, is the end of text.
 */
#pragma once

#include <stdint.h>

/*
 * The function that holds address, and how far into it; NULL: none is known. Believes nothing in
 * the table: it is used in panics.
 */
const char *symbol_name(uint64_t address, uint64_t *offset);

/* The debugger's: the other way round, 0: no such function; and one after the other, NULL: that was the last. */
uint64_t symbol_address(const char *name);
const char *symbol_at(unsigned i, uint64_t *address);
