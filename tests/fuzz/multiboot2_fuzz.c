/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiboot2 information of any content: the reader stays inside it.
 *
 * Links: boot/memory.c boot/multiboot2.c
 */
#include "boot/boot.h"
#include <stdlib.h>
#include <string.h>

const char boot_low_alias[2 * BOOT_PAGE_SIZE];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_info boot = { .cmdline = "" };
	size_t room = (size + 7) & ~7ul; /* tags are padded */
	uint32_t *info;

	if (size < 8 || size > 65536)
		return 0;
	info = aligned_alloc(8, room);
	memset(info, 0, room);
	memcpy(info, data, size);
	info[0] = size;
	multiboot2_read(&boot, info);
	if (boot.nmem > BOOT_MEM_MAX || strlen(boot.cmdline) > size)
		abort();
	free(info);
	return 0;
}
