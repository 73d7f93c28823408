/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks functions up in the image's symbol table; see symbols.h for its shape. */
#include "debug/symbols.h"
#include "kernel/x86_64/arch.h"
#include <stddef.h>
#include <string.h>

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

const char *symbol_at(unsigned i, uint64_t *address)
{
	const uint32_t *table = (const uint32_t *)ksyms_start;
	size_t size = (size_t)(ksyms_end - ksyms_start);
	uint32_t count, name;

	if (size < sizeof(uint32_t))
		return NULL;
	count = table[0];
	if (count > size / (2 * sizeof(uint32_t)) || i >= count)
		return NULL;
	name = table[1 + count + i];
	*address = table[1 + i];
	return name < size && ksyms_start[name] ? ksyms_start + name : NULL;
}

uint64_t symbol_address(const char *name)
{
	const char *this;
	uint64_t address;

	for (unsigned i = 0; (this = symbol_at(i, &address)); i++)
		if (strcmp(this, name) == 0)
			return address;
	return 0;
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
