/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables of lazily filled memory; see vm_pages.h. */
#include "kernel/x86_64/vm_pages.h"
#include "kernel/page.h"
#include "kernel/vm.h"
#include "kernel/x86_64/page_table.h"
#include "kernel/x86_64/tlb.h"
#include <string.h>

/* Bits of ours. */
#define PTE_KEPT (1ull << 10) /* not present, but its page is there: nobody may touch it */
#define PTE_GONE (1ull << 11) /* not present; what it points at is freed once no TLB knows it */

#define LARGE_PAGE  page_table_size(1)
#define LARGE_PAGES VM_LARGE_PAGES

/* --- entries --- */

static bool is_table(uint64_t entry, unsigned level)
{
	return level > 0 && entry && !(entry & PTE_LARGE);
}

static uint64_t rights(unsigned prot)
{
	if (!prot)
		return PTE_KEPT;
	return PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | (prot & VM_WRITE ? PTE_WRITE : 0) |
	       (prot & VM_EXEC ? 0 : PTE_NX);
}

/* Zeroed, out of the promises. */
static __attribute__((noinline)) void *new_page(void)
{
	return memset(page_alloc_promised(1), 0, PAGE_SIZE);
}

static size_t tables_made;

static void *new_table(void)
{
	tables_made++;
	return new_page();
}

/* The entry for the 2 MiB around virt, with the tables on the way to it. */
static uint64_t *large_entry(uint64_t virt)
{
	return page_table_entry(virt, 1, new_table);
}

static uint64_t *small_entry(uint64_t *large, uint64_t virt)
{
	return (uint64_t *)(*large & PTE_ADDRESS) + virt / PAGE_SIZE % LARGE_PAGES;
}

/* --- the promises --- */

static size_t spans(uint64_t start, uint64_t end, unsigned level)
{
	uint64_t size = page_table_size(level);

	return (end + size - 1) / size - start / size;
}

static size_t whole_spans(uint64_t start, uint64_t end)
{
	uint64_t first = (start + LARGE_PAGE - 1) / LARGE_PAGE, last = end / LARGE_PAGE;

	return last > first ? last - first : 0;
}

/* At each level, a range may touch one table more at its end than its length tells. */
size_t vm_pages_cost(uint64_t len)
{
	size_t npages = len / PAGE_SIZE;

	for (unsigned level = 1; level <= 3; level++)
		npages += spans(0, len, level) + 1;
	return npages;
}

size_t vm_pages_prepare(uint64_t start, uint64_t end)
{
	size_t used = (end - start) / PAGE_SIZE, before = tables_made;

	for (uint64_t at = start, next; at < end; at = next) {
		uint64_t *entry = large_entry(at);

		next = (at / LARGE_PAGE + 1) * LARGE_PAGE;
		if (*entry)
			continue;
		if (at % LARGE_PAGE || next > end)
			*entry = page_table_pointer(new_table());
		else
			used++;
	}
	return used + tables_made - before;
}

/* --- filling --- */

bool vm_pages_want_large(const struct vm_region *r, uint64_t addr)
{
	uint64_t start = addr & -LARGE_PAGE;

	return start >= r->start && r->end - start >= LARGE_PAGE && !(r->flags & REGION_SMALL) &&
	       !*large_entry(addr);
}

static size_t filled; /* times */

size_t vm_count_filled(void)
{
	return filled;
}

void vm_pages_fill(const struct vm_region *r, uint64_t addr, void **large)
{
	uint64_t *entry = large_entry(addr), kept;

	filled++;
	if (*large && vm_pages_want_large(r, addr)) {
		*entry = (uintptr_t)*large | PTE_LARGE | rights(r->prot);
		page_promise_end(LARGE_PAGES);
		*large = NULL;
		return;
	}
	if (!*entry)
		*entry = page_table_pointer(new_table());
	if (is_table(*entry, 1))
		entry = small_entry(entry, addr);
	kept = *entry & (PTE_ADDRESS | PTE_LARGE);
	*entry = (kept ? kept : (uintptr_t)new_page()) | rights(r->prot);
}

/* Small pages in the place of a large one, with the same meaning; or an empty table. */
void vm_pages_split(const struct vm_region *r, uint64_t addr)
{
	uint64_t *entry, *table, value;

	if (addr % LARGE_PAGE == 0 || addr <= r->start || addr >= r->end ||
	    !(r->flags & REGION_COMMITTED))
		return;
	entry = large_entry(addr);
	if (is_table(*entry, 1))
		return;
	table = new_table();
	value = *entry & ~PTE_LARGE;
	for (unsigned i = 0; value && i < LARGE_PAGES; i++, value += PAGE_SIZE)
		table[i] = value;
	*entry = page_table_pointer(table);
}

/* --- walking a range --- */

struct walk {
	void (*visit)(struct walk *, uint64_t *entry, unsigned level, uint64_t at);
	uint64_t start, end;
	uint64_t below, above;      /* between them, tables serve this range alone */
	uint64_t arg;               /* the visitor's own */
	bool promise;               /* freed pages are promised again */
	char *run;                  /* memory to be freed, in one piece so far */
	size_t run_pages;
	size_t npages, ntables;     /* found */
	bool flush;                 /* something is less than it was */
};

/* Visits every entry that is not 0 below one table, tables after what they hold. */
static void walk_table(struct walk *w, uint64_t *table, unsigned level, uint64_t at, uint64_t end)
{
	uint64_t size = page_table_size(level), next;

	for (; at < end; at = next) {
		uint64_t *entry = &table[at / size % LARGE_PAGES];

		next = (at / size + 1) * size;
		if (is_table(*entry, level))
			walk_table(w, (uint64_t *)(*entry & PTE_ADDRESS), level - 1, at,
				   next < end ? next : end);
		if (*entry)
			w->visit(w, entry, level, at & -size);
	}
}

static void walk(struct walk *w)
{
	walk_table(w, page_table_root(), 3, w->start, w->end);
}

/* Nothing but one table of small pages, as freeing these takes longest; or a GiB. */
uint64_t vm_pages_piece(uint64_t start, uint64_t end)
{
	while (start < end) {
		const uint64_t *entry = page_table_entry(start, 1, NULL);
		unsigned level = entry ? 1 : 2;

		start = (start / page_table_size(level) + 1) * page_table_size(level);
		if ((entry && is_table(*entry, 1)) || start % page_table_size(2) == 0)
			break;
	}
	return start < end ? start : end;
}

/* First half: nobody can use it any more, but every TLB may still know it. */
static void detach(struct walk *w, uint64_t *entry, unsigned level, uint64_t at)
{
	uint64_t end = at + page_table_size(level);

	if (!is_table(*entry, level))
		w->npages += page_table_size(level) / PAGE_SIZE;
	else if (level == 1 && at >= w->start && end <= w->end)
		w->ntables++;
	if (is_table(*entry, level) && (at < w->below || end > w->above))
		return;
	w->flush |= *entry & PTE_PRESENT;
	*entry = (*entry & ~PTE_PRESENT) | PTE_GONE;
}

/* Pages that were filled one after the other often lie side by side, and are freed as one block. */
static void free_run(struct walk *w)
{
	if (w->run_pages && w->promise)
		page_free_promised(w->run, w->run_pages);
	else if (w->run_pages)
		page_free(w->run, w->run_pages);
	w->run_pages = 0;
}

static void free_pages(struct walk *w, char *pages, size_t npages)
{
	if (w->run_pages && pages != w->run + w->run_pages * PAGE_SIZE)
		free_run(w);
	if (w->run_pages == 0)
		w->run = pages;
	w->run_pages += npages;
}

/* Second half. */
static void reclaim(struct walk *w, uint64_t *entry, unsigned level, uint64_t at)
{
	void *memory = (void *)(*entry & PTE_ADDRESS);

	(void)at;
	if (!(*entry & PTE_GONE))
		return;
	if (is_table(*entry, level))
		page_free(memory, 1);
	else
		free_pages(w, memory, page_table_size(level) / PAGE_SIZE);
	*entry = 0;
}

static void take_away(struct walk *w)
{
	w->visit = detach;
	walk(w);
	if (w->flush)
		tlb_flush_range(w->start, w->end - w->start);
	w->visit = reclaim;
	walk(w);
	free_run(w);
}

/* Of the tables that were found none was promised any more. */
static size_t table_promises(const struct walk *w)
{
	return whole_spans(w->start, w->end) - w->ntables;
}

void vm_pages_remove(uint64_t start, uint64_t end, uint64_t below, uint64_t above)
{
	struct walk w = { .start = start, .end = end, .below = below, .above = above };

	take_away(&w);
	page_promise_end((end - start) / PAGE_SIZE - w.npages + table_promises(&w));
}

/* --- for mmap and its sisters --- */

void vm_pages_empty(uint64_t start, uint64_t end)
{
	struct walk w = { .start = start, .end = end, .below = UINT64_MAX, .promise = true };

	take_away(&w);
}

static void set_rights(struct walk *w, uint64_t *entry, unsigned level, uint64_t at)
{
	uint64_t new = (*entry & (PTE_ADDRESS | PTE_LARGE)) | rights((unsigned)w->arg);

	(void)at;
	if (is_table(*entry, level))
		return;
	w->flush |= *entry & ~new & (PTE_PRESENT | PTE_WRITE) || new & ~*entry & PTE_NX;
	*entry = new;
}

void vm_pages_protect(uint64_t start, uint64_t end, unsigned prot)
{
	struct walk w = { .visit = set_rights, .start = start, .end = end, .arg = prot };

	walk(&w);
	if (w.flush)
		tlb_flush_range(start, end - start);
}

static void put_small(uint64_t virt, uint64_t value)
{
	uint64_t *entry = large_entry(virt);

	if (!*entry)
		*entry = page_table_pointer(new_table());
	*small_entry(entry, virt) = value;
}

/* arg: how far. A large page stays one where it is aligned, and has its stretch for itself. */
static void move_entry(struct walk *w, uint64_t *entry, unsigned level, uint64_t at)
{
	uint64_t value = *entry, to = at + w->arg;

	if (is_table(value, level))
		return;
	w->flush |= value & PTE_PRESENT;
	*entry = 0;
	if (level == 0)
		put_small(to, value);
	else if (to % LARGE_PAGE == 0 && !*large_entry(to))
		*large_entry(to) = value;
	else
		for (uint64_t i = 0; i < LARGE_PAGE; i += PAGE_SIZE)
			put_small(to + i, (value & ~PTE_LARGE) + i);
}

void vm_pages_move(uint64_t start, uint64_t end, uint64_t to, uint64_t below, uint64_t above)
{
	struct walk w = {
		.visit = move_entry, .start = start, .end = end, .arg = to - start,
		.below = below, .above = above,
	};

	walk(&w);
	take_away(&w);
	page_promise_end(table_promises(&w));
}
