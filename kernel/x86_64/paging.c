/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The final address space. The boot code's tables map everything below 4 GiB writable; these map
 * the image by its parts, firmware's tables read-only, and RAM where it is in use. The page
 * allocator has RAM mapped as it begins to use it, so that start-up costs the same for any size of
 * memory (vm_map_ram()); tables for all of it are set aside here.
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
#define REAL_MODE_END 0xa0000  /* of RAM where another CPU can start: adapters' memory lies behind it */
#define PCI_HOLE 0xfec00000ull /* I/O APIC, local APIC and firmware lie from here to 4 GiB */

extern char boot_stack_guard[], boot_tables_start[], boot_tables_end[]; /* image.ld, boot/entry.S */

/* The loader's memory map and what is in use of it. */
static struct mem_region regions[BOOT_MEM_MAX + 4];
static unsigned nregions;

/* The same in order, below the app's addresses. */
static struct memory_stretch stretches[2 * (BOOT_MEM_MAX + 4) + 1];
static unsigned nstretches;

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

static void find_stretches(void)
{
	struct memory_stretch s = { 0 };

	while (memory_map_next(regions, nregions, &s) && s.base < VM_AREA_BASE) {
		stretches[nstretches] = s;
		if (s.end > VM_AREA_BASE)
			stretches[nstretches].end = VM_AREA_BASE;
		nstretches++;
	}
}

/*
 * The first whole pages of usable RAM that lie between these addresses are kept from the allocator.
 * 0: there are not so many in one piece.
 */
static uint64_t keep_pages(size_t npages, uint64_t from, uint64_t to)
{
	for (struct memory_stretch *s = stretches; s < stretches + nstretches; s++) {
		uint64_t start = page_align_up(s->base), end = start + npages * PAGE_SIZE;

		if (s->type != MEM_USABLE || start < from || end > to || end > s->end)
			continue;
		s->base = end;
		return start;
	}
	return 0;
}

/* How many tables of entries this large [start, end) needs, beside those counted before it. */
static size_t count_tables(uint64_t *counted, uint64_t start, uint64_t end, uint64_t size)
{
	uint64_t first = start / size, last = (end - 1) / size + 1;

	if (first < *counted)
		first = *counted;
	if (first >= last)
		return 0;
	*counted = last;
	return last - first;
}

/*
 * What mapping all RAM takes: a table for each 512 GiB and each GiB with some of it, and one for
 * each 2 MiB with a border of it; one more as keeping the tables moves a border.
 */
static size_t count_ram_tables(void)
{
	uint64_t counted[4] = { 0 };
	size_t n = 1;

	for (const struct memory_stretch *s = stretches; s < stretches + nstretches; s++) {
		if (s->type != MEM_USABLE)
			continue;
		for (unsigned level = 2; level <= 3; level++)
			n += count_tables(&counted[level], s->base, s->end, page_table_size(level));
		n += count_tables(&counted[1], s->base, s->base + 1, page_table_size(1));
		n += count_tables(&counted[1], s->end - 1, s->end, page_table_size(1));
	}
	return n;
}

/* The tables are made before the allocator, which needs them, and lie where the boot code's reach. */
static void start_tables(void)
{
	size_t n = 1 + count_ram_tables();
	uint64_t start = keep_pages(n, (uintptr_t)image_start, LOW_END), end = start + n * PAGE_SIZE;

	if (!start)
		panic("paging: no memory: %zu KiB for page tables are not there in one piece", n * 4);
	page_table_init((void *)start, n);
	vm_map_ram(start, end, end);
}

/* Usable RAM between these addresses that nobody has claimed goes to the allocator. */
static void give_memory(uint64_t from, uint64_t to)
{
	for (const struct memory_stretch *s = stretches; s < stretches + nstretches; s++) {
		uint64_t start = s->base > from ? s->base : from, end = s->end < to ? s->end : to;

		if (s->type == MEM_USABLE && start < end)
			page_add_range(start, end - start);
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
 * What is in use of RAM by the whole pages in it, ACPI's memory by all pages it touches: one that
 * both share is not the allocator's, and read-only. Page 0 stays unmapped.
 */
static void map_memory(void)
{
	for (const struct memory_stretch *s = stretches; s < stretches + nstretches; s++) {
		check_image(s);
		if (s->type == MEM_CLAIMED)
			map(page_align_up(s->base < PAGE_SIZE ? PAGE_SIZE : s->base), page_align_down(s->end),
			    PAGE_DATA);
		else if (s->type == MEM_ACPI && s->base >= PAGE_SIZE)
			map(page_align_down(s->base), page_align_up(s->end), PAGE_RODATA);
	}
	if (trampoline_page)
		map(trampoline_page, trampoline_page + PAGE_SIZE, PAGE_DATA);
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
	find_stretches();
	find_low_memory_end(boot);
	trampoline_page = keep_pages(1, PAGE_SIZE, REAL_MODE_END);
	start_tables();
	give_memory(0, LOW_END);
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
