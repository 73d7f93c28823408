/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks functions up in the image's symbol table; see symbols.h for its shape. */
#include "debug/symbols.h"
#include "kernel/x86_64/arch.h"
#include <stddef.h>

/* The last symbol that starts at or before address. */
static uint32_t search(const uint32_t *starts, uint32_t count, uint64_t address)
{
	uint32_t low = 0, high = count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (starts[middle] <= address)
			low = middle;
		else
			high = middle;
	}
	return low;
}

const char *symbol_name(uint64_t address, uint64_t *offset)
{
	const uint32_t *table = (const uint32_t *)ksyms_start;
	size_t size = (size_t)(ksyms_end - ksyms_start);
	uint32_t count, i, name;

	if (size < sizeof(uint32_t) || address >= (uint64_t)image_text_end)
		return NULL;
	count = table[0];
	if (count == 0 || count > size / (2 * sizeof(uint32_t)) || address < table[1])
		return NULL;
	i = search(table + 1, count, address);
	name = table[1 + count + i];
	if (name >= size || ksyms_start[name] == '\0')
		return NULL;
	*offset = address - table[1 + i];
	return ksyms_start + name;
}
