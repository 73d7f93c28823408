/* SPDX-License-Identifier: BSD-2-Clause */
/* See rom.h. */
#include "tests/host/acpi/rom.h"
#include "kernel/vm.h"
#include <stdlib.h>

struct rom_block rom_blocks[ROM_BLOCKS];
static unsigned nblocks;

const void *vm_map_rom(uint64_t phys, size_t len)
{
	for (unsigned i = 0; i < nblocks; i++) {
		uint64_t off = phys - rom_blocks[i].phys;

		if (off <= rom_blocks[i].len && len <= rom_blocks[i].len - off)
			return rom_blocks[i].mem + off;
	}
	return NULL;
}

void *rom_block(uint64_t phys, size_t len)
{
	uint8_t *mem = nblocks < ROM_BLOCKS ? calloc(1, len) : NULL;

	if (!mem)
		abort();
	rom_blocks[nblocks].phys = phys;
	rom_blocks[nblocks].len = len;
	rom_blocks[nblocks++].mem = mem;
	return mem;
}

void rom_forget(void)
{
	while (nblocks)
		free(rom_blocks[--nblocks].mem);
}

uint8_t rom_sum(const void *p, size_t n)
{
	uint8_t s = 0;

	for (size_t i = 0; i < n; i++)
		s += ((const uint8_t *)p)[i];
	return s;
}
