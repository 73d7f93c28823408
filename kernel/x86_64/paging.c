/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The final address space. The boot code's tables map everything below 4 GiB writable; these map
 * RAM, firmware's tables read-only, the image by its parts, and nothing else. Memory below 4 GiB
 * goes to the allocator first, since the tables themselves are made of it.
 */
#include "kernel/boot_info.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/vm.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/memory_map.h"
#include "kernel/x86_64/page_table.h"
#include "kernel/x86_64/segments.h"
#include "kernel/x86_64/smp.h"
#include <string.h>

#define LOW_END  (1ull << 32)  /* of what the boot code mapped */
#define REAL_MODE_END 0xa0000  /* of RAM that real mode reaches: adapters' memory lies behind it */
#define PCI_HOLE 0xfec00000ull /* I/O APIC, local APIC and firmware lie from here to 4 GiB */

extern char boot_stack_guard[], boot_tables_start[], boot_tables_end[]; /* image.ld, boot/entry.S */

/* The loader's memory map and what is in use of it. */
static struct mem_region regions[BOOT_MEM_MAX + 4];
static unsigned nregions;

static uint64_t low_memory_end;
static uint32_t trampoline_page;

static void claim(const void *start, uint64_t len)
{
	regions[nregions++] = (struct mem_region){ (uintptr_t)start, len, MEM_CLAIMED };
}

static void collect_regions(const struct boot_info *boot)
{
	memcpy(regions, boot->mem, boot->nmem * sizeof boot->mem[0]);
	nregions = boot->nmem;
	claim(NULL, PAGE_SIZE);
	claim(image_start, image_end - image_start);
	claim(boot->cmdline, strlen(boot->cmdline) + 1);
	claim(boot->initrd, boot->initrd_len);
}

/*
 * The first page that a CPU can start from in real mode is kept back; the other CPUs have not been
 * counted yet.
 */
static void keep_trampoline_page(struct memory_stretch *s)
{
	uint64_t page = page_align_up(s->base);

	if (trampoline_page || page + PAGE_SIZE > s->end || page + PAGE_SIZE > REAL_MODE_END)
		return;
	trampoline_page = page;
	s->base = page + PAGE_SIZE;
}

/* RAM between these addresses that nobody has claimed goes to the allocator. */
static void give_memory(uint64_t from, uint64_t to)
{
	struct memory_stretch s = { .end = from };

	while (memory_map_next(regions, nregions, &s) && s.base < to) {
		if (s.type != MEM_USABLE)
			continue;
		keep_trampoline_page(&s);
		page_add_range(s.base, (s.end < to ? s.end : to) - s.base);
	}
}

static void map(uint64_t start, uint64_t end, uint64_t flags)
{
	if (start < end && page_table_map(start, start, end - start, flags) != 0)
		panic("paging: no memory for page tables: give the machine more than %zu KiB",
		      page_count_total() * (PAGE_SIZE / 1024));
}

static void map_image(void)
{
	map((uintptr_t)image_start, (uintptr_t)image_text_end, PAGE_TEXT);
	map((uintptr_t)image_text_end, (uintptr_t)image_rodata_end, PAGE_RODATA);
	map((uintptr_t)image_rodata_end, (uintptr_t)image_end, PAGE_DATA);
}

/*
 * A loader puts the image where it wants to be, even over the tables that firmware keeps at the end
 * of a small memory.
 */
static void check_image(const struct memory_stretch *s)
{
	if (s->type != MEM_CLAIMED && s->base < (uintptr_t)image_end && s->end > (uintptr_t)image_start)
		panic("paging: too little memory: the image ends at %zu KiB, usable RAM before that",
		      (size_t)image_end / 1024);
}

/*
 * RAM by the whole pages in it, ACPI's memory by all pages it touches: one that both share is not
 * the allocator's, and read-only. Page 0 stays unmapped.
 */
static void map_memory(void)
{
	struct memory_stretch s = { 0 };

	while (memory_map_next(regions, nregions, &s) && s.base < VM_AREA_BASE) {
		uint64_t end = s.end < VM_AREA_BASE ? s.end : VM_AREA_BASE;

		check_image(&s);
		if (s.type == MEM_USABLE || s.type == MEM_CLAIMED)
			map(page_align_up(s.base < PAGE_SIZE ? PAGE_SIZE : s.base), page_align_down(end),
			    PAGE_DATA);
		else if (s.type == MEM_ACPI && s.base >= PAGE_SIZE)
			map(page_align_down(s.base), page_align_up(end), PAGE_RODATA);
	}
}

static void find_low_memory_end(const struct boot_info *boot)
{
	for (const struct mem_region *r = boot->mem; r < boot->mem + boot->nmem; r++)
		if (r->base + r->len <= PCI_HOLE && r->base + r->len > low_memory_end)
			low_memory_end = r->base + r->len;
}

uint64_t vm_low_memory_end(void)
{
	return low_memory_end;
}

uint32_t real_mode_page(void)
{
	return trampoline_page;
}

static void guard_stacks(void)
{
	if (vm_guard(boot_stack_guard) != 0 || vm_guard(boot_interrupt_stacks.guard) != 0)
		panic("paging: no guard pages: out of memory");
}

void paging_init(const struct boot_info *boot)
{
	collect_regions(boot);
	find_low_memory_end(boot);
	give_memory(0, LOW_END);
	if (page_table_init() != 0)
		panic("paging: no memory: the loader reported %u regions, none of them usable", boot->nmem);
	map_image();
	map_memory();
	vm_map_rom((uintptr_t)boot->cmdline, strlen(boot->cmdline) + 1);
	if (boot->initrd_len > 0)
		vm_map_rom((uintptr_t)boot->initrd, boot->initrd_len);
	guard_stacks();
	page_table_load();
	give_memory(LOW_END, VM_AREA_BASE);
	page_add_range((uintptr_t)boot_tables_start, boot_tables_end - boot_tables_start);
}
