/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical pages: ranges of RAM (page_range.h), and in front of them a few single pages kept by each
 * CPU.
 *
 * One lock guards the ranges; it is held for a handful of list operations, with interrupts off. A
 * CPU's own pages have a lock of their own, as whoever finds the ranges empty takes everybody's.
 *
 * Pages can be promised before they are taken. The invariant: the ranges hold at least as many
 * free pages as are promised, whatever the CPUs keep; so a promise is kept without asking anybody.
 * Taking what was promised never needs another lock than these, which is why a page fault may do
 * it wherever it comes from.
 */
#include "kernel/page.h"
#include "kernel/cpu.h"
#include "kernel/memgiver.h"
#include "kernel/page_range.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include <stdbool.h>
#include <string.h>

#define LOW_END      256u  /* page number of 1 MiB: what starts other CPUs needs memory below it */
#define LOCKED_STACK 2048u /* bytes: more than is used with a lock held */
#define CACHE_LINE   64
#define CACHE_MAX    15u
#define CACHE_BATCH  8u /* an aligned block of them is taken at once */

static struct spinlock lock = SPINLOCK_INIT;
static struct page_range *ranges; /* in the order they serve */
static size_t pages_total;
static atomic_size_t pages_free;     /* changes under the lock only */
static atomic_size_t pages_promised; /* rises under the lock only */
static void (*stale_found)(void);    /* whoever waits for that */

static struct cache {
	struct spinlock lock;
	atomic_uint n;                    /* this and the next are looked at without the lock */
	_Atomic(void *) pages[CACHE_MAX];
} __attribute__((aligned(CACHE_LINE))) caches[CPU_MAX];

/* Where a lock orders what counts, or where a guess will do. */
#define READ(variable)         atomic_load_explicit(&(variable), memory_order_relaxed)
#define WRITE(variable, value) atomic_store_explicit(&(variable), value, memory_order_relaxed)

/* --- the ranges --- */

static struct page_range *range_of(uint64_t pfn)
{
	struct page_range *r = ranges;

	while (r && (pfn < r->first || pfn >= r->end))
		r = r->next;
	return r;
}

/* By address, but for memory below 1 MiB: that serves last. */
static void range_link(struct page_range *r)
{
	struct page_range **at = &ranges;

	while (*at && (*at)->first - LOW_END < r->first - LOW_END) /* below it, these wrap around */
		at = &(*at)->next;
	r->next = *at;
	*at = r;
}

void page_add_range(uint64_t base, uint64_t len)
{
	struct page_range *r = page_range_create(base, len);
	irq_state s;

	if (!r)
		return;
	s = spin_lock(&lock);
	WRITE(pages_free, READ(pages_free) + r->end - r->first);
	pages_total += r->end - r->first;
	range_link(r);
	spin_unlock(&lock, s);
}

/*
 * A fault on the stack would ask for a page, and for the lock. So what the holder needs of it is
 * there before, in case that the stack is lazily filled memory of the app's.
 */
static irq_state lock_ranges(void)
{
	cpu_touch_stack(LOCKED_STACK);
	return spin_lock(&lock);
}

/* --- the ranges as one; the lock is held --- */

/* Without the lock, one count may be older than the other. */
static size_t pages_unpromised(void)
{
	size_t free = READ(pages_free), promised = READ(pages_promised);

	return free > promised ? free - promised : 0;
}

/*
 * In one piece, or NULL. Takes what is promised to nobody, and `promised` pages more, whose promise
 * ends.
 */
static void *take(size_t npages, size_t promised)
{
	uint64_t pfn = 0;

	if (npages > pages_unpromised() + promised)
		return NULL;
	for (struct page_range *r = ranges; r && !pfn; r = r->next)
		pfn = page_range_alloc(r, npages);
	if (!pfn)
		return NULL;
	WRITE(pages_free, READ(pages_free) - npages);
	atomic_fetch_sub(&pages_promised, promised);
	return (void *)(pfn << PAGE_SHIFT);
}

static bool has_stale(const struct page_range *r)
{
	return r->orders >> PAGE_UNIT_ORDER;
}

static void tell_of_stale(void)
{
	void (*found)(void) = stale_found;

	stale_found = NULL;
	found();
}

static void put_back(void *pages, size_t npages)
{
	uint64_t pfn = pfn_of(pages);
	struct page_range *r = range_of(pfn);

	page_range_free(r, pfn, npages);
	WRITE(pages_free, READ(pages_free) + npages);
	if (stale_found && has_stale(r))
		tell_of_stale();
}

/* --- what each CPU keeps; the cache's lock is held, and taken before that of the ranges --- */

static void cache_push(struct cache *c, void *page)
{
	unsigned n = READ(c->n);

	WRITE(c->pages[n], page);
	WRITE(c->n, n + 1);
}

/* NULL: it is empty. */
static void *cache_pop(struct cache *c)
{
	unsigned n = READ(c->n);

	if (n == 0)
		return NULL;
	WRITE(c->n, n - 1);
	return READ(c->pages[n - 1]);
}

static void cache_fill(struct cache *c, size_t promised)
{
	irq_state s = lock_ranges();
	unsigned n = CACHE_BATCH;
	char *pages = take(n, promised);

	if (!pages) {
		n = 1;
		pages = take(n, promised);
	}
	for (unsigned i = n; pages && i > 0; i--)
		cache_push(c, pages + (i - 1) * PAGE_SIZE);
	spin_unlock(&lock, s);
}

static void cache_drain(struct cache *c, unsigned keep)
{
	irq_state s = lock_ranges();

	while (READ(c->n) > keep)
		put_back(cache_pop(c), 1);
	spin_unlock(&lock, s);
}

/* This CPU's. The thread may migrate meanwhile; it is as good with another's. */
static struct cache *cache_lock(irq_state *s)
{
	struct cache *c = &caches[this_cpu()->id];

	cpu_touch_stack(LOCKED_STACK);
	*s = spin_lock(&c->lock);
	return c;
}

static void *take_one(size_t promised)
{
	irq_state s;
	struct cache *c = cache_lock(&s);
	void *page;

	if (READ(c->n) == 0)
		cache_fill(c, promised);
	else if (promised)
		page_promise_end(1);
	page = cache_pop(c);
	spin_unlock(&c->lock, s);
	return page;
}

/* In the first word of a page that a CPU keeps, crossed with its address. */
#define KEPT 0x9a6eca54ed9a6e54ull

/* Only a page that looks kept is worth a search. It is in nobody's hands or in ours: no lock. */
static void check_not_kept(const uint64_t *page)
{
	if (*page != (KEPT ^ (uint64_t)page))
		return;
	for (const struct cache *c = caches; c < caches + CPU_MAX; c++)
		for (unsigned i = 0; i < READ(c->n); i++)
			if (READ(c->pages[i]) == page)
				panic("page_free: %p is free already", (const void *)page);
}

static void free_one(uint64_t *page)
{
	irq_state s;
	struct cache *c;

	check_not_kept(page);
	*page = KEPT ^ (uint64_t)page;
	c = cache_lock(&s);
	if (READ(c->n) == CACHE_MAX)
		cache_drain(c, CACHE_MAX - CACHE_BATCH);
	cache_push(c, page);
	spin_unlock(&c->lock, s);
}

/* What CPUs keep goes back to the ranges, where it may be promised or join. */
void page_gather(void)
{
	for (struct cache *c = caches; c < caches + CPU_MAX; c++) {
		irq_state s;

		if (!READ(c->n)) /* most have never run */
			continue;
		cpu_touch_stack(LOCKED_STACK);
		s = spin_lock(&c->lock);
		cache_drain(c, 0);
		spin_unlock(&c->lock, s);
	}
}

/* --- taking and promising --- */

static void *take_many(size_t npages, size_t promised)
{
	irq_state s = lock_ranges();
	void *pages = take(npages, promised);

	spin_unlock(&lock, s);
	return pages;
}

/*
 * What can be done about a lack of memory; false: nothing more. Whoever has interrupts off may hold
 * a lock that a giver needs.
 */
static bool find_memory(size_t npages, bool *drained)
{
	irq_state s;

	if (!*drained) {
		page_gather();
		return *drained = true;
	}
	s = cpu_irq_save();
	cpu_irq_restore(s);
	return s & CPU_FLAG_IF && memory_givers_ask(npages) > 0;
}

void *page_alloc(size_t npages)
{
	bool drained = false;
	void *pages;

	if (npages == 0 || page_order(npages) >= PAGE_ORDERS)
		return NULL;
	do
		pages = npages == 1 ? take_one(0) : take_many(npages, 0);
	while (!pages && find_memory(npages, &drained));
	return pages;
}

void *page_alloc_zeroed(size_t npages)
{
	void *p = page_alloc(npages);

	return p ? memset(p, 0, npages << PAGE_SHIFT) : NULL;
}

static void give_back(void *pages, size_t npages, size_t promises)
{
	irq_state s = lock_ranges();

	put_back(pages, npages);
	atomic_fetch_add(&pages_promised, promises);
	spin_unlock(&lock, s);
}

void page_free(void *pages, size_t npages)
{
	const struct page_range *r = range_of(pfn_of(pages));

	if (!r || (uint64_t)pages % PAGE_SIZE || pfn_of(pages) + npages > r->frontier)
		panic("page_free: %p (%zu pages) was never allocated", pages, npages);
	if (npages == 1)
		free_one(pages);
	else
		give_back(pages, npages, 0);
}

/* Promises leave the kernel a little for what it must do even then. */
static bool try_promise(size_t npages)
{
	irq_state s = lock_ranges();
	bool enough = npages + pages_total / 128 <= pages_unpromised();

	if (enough)
		atomic_fetch_add(&pages_promised, npages);
	spin_unlock(&lock, s);
	return enough;
}

bool page_promise(size_t npages)
{
	bool drained = false;

	if (npages > pages_total)
		return false;
	while (!try_promise(npages))
		if (!find_memory(npages, &drained))
			return false;
	return true;
}

void page_promise_end(size_t npages)
{
	atomic_fetch_sub(&pages_promised, npages);
}

void *page_alloc_promised(size_t npages)
{
	return npages == 1 ? take_one(1) : take_many(npages, npages);
}

void *page_borrow(size_t npages)
{
	return take_many(npages, 0);
}

void page_free_promised(void *pages, size_t npages)
{
	give_back(pages, npages, npages);
}

/* --- for the host --- */

void *page_take_stale(void)
{
	irq_state s = lock_ranges();
	struct page_range *r = ranges;
	uint64_t pfn = 0;

	while (r && !has_stale(r))
		r = r->next;
	if (r && pages_unpromised() >= PAGE_UNIT) {
		pfn = page_range_alloc(r, PAGE_UNIT);
		WRITE(pages_free, READ(pages_free) - PAGE_UNIT);
	}
	spin_unlock(&lock, s);
	return (void *)(pfn << PAGE_SHIFT);
}

void page_free_blank(void *unit)
{
	irq_state s = lock_ranges();

	page_range_free_blank(range_of(pfn_of(unit)), pfn_of(unit));
	WRITE(pages_free, READ(pages_free) + PAGE_UNIT);
	spin_unlock(&lock, s);
}

void page_watch_stale(void (*found)(void))
{
	irq_state s = lock_ranges();

	stale_found = found;
	spin_unlock(&lock, s);
}

/* Ranges come while booting only, and never go: no lock. */
bool page_is_ram(uint64_t start, uint64_t end)
{
	const struct page_range *r = ranges;

	while (r && (start >= r->end << PAGE_SHIFT || end <= (uintptr_t)r))
		r = r->next;
	return r;
}

size_t page_count_free(void)
{
	size_t n = pages_unpromised();

	for (unsigned i = 0; cpus[i]; i++)
		n += READ(caches[cpus[i]->id].n);
	return n;
}

size_t page_count_total(void)
{
	return pages_total;
}
