/* SPDX-License-Identifier: BSD-2-Clause */
/* Collects a loader's memory map into struct boot_info, however long or odd it is. */
#include "boot/boot.h"

static enum mem_type type_of(enum e820_type e820)
{
	switch (e820) {
	case E820_RAM:
		return MEM_USABLE;
	case E820_ACPI:
	case E820_NVS:
		return MEM_ACPI;
	default:
		return MEM_RESERVED;
	}
}

static bool grow_neighbour(struct boot_info *boot, const struct mem_region *add)
{
	for (unsigned i = 0; i < boot->nmem; i++) {
		struct mem_region *r = &boot->mem[i];

		if (r->type != add->type)
			continue;
		if (r->base + r->len == add->base) {
			r->len += add->len;
			return true;
		}
		if (add->base + add->len == r->base) {
			r->base = add->base;
			r->len += add->len;
			return true;
		}
	}
	return false;
}

/*
 * A region that cannot be listed any more must still not be handed out: usable memory ends where it
 * begins.
 */
static void cut_usable(struct boot_info *boot, const struct mem_region *forbidden)
{
	for (unsigned i = 0; i < boot->nmem; i++) {
		struct mem_region *r = &boot->mem[i];
		uint64_t end = r->base + r->len;

		if (r->type != MEM_USABLE || end <= forbidden->base ||
		    r->base >= forbidden->base + forbidden->len)
			continue;
		r->len = r->base < forbidden->base ? forbidden->base - r->base : 0;
	}
}

void boot_add_memory(struct boot_info *boot, uint64_t base, uint64_t len, enum e820_type e820)
{
	struct mem_region add = { base, len, type_of(e820) };
	bool full = boot->nmem == BOOT_MEM_MAX;

	if (base + len < base)
		add.len = -base; /* up to the last byte but none beyond: a region's end must not wrap */
	if (add.len == 0 || (full && add.type == MEM_USABLE) || grow_neighbour(boot, &add))
		return;
	if (!full)
		boot->mem[boot->nmem++] = add;
	else
		cut_usable(boot, &add);
}
