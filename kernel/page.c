/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical pages: a binary buddy allocator per range of RAM, and in front of it a few single pages
 * kept by each CPU.
 *
 * A free block's list node and order live in its own first page; beside that there is one bit per
 * page, set where a free block starts, carved from the range itself.
 *
 * Only what lies below a range's frontier takes part: memory above it was never given out and is
 * never touched, neither its pages nor their bits. So start-up costs the same for 4 MiB and for
 * 1 TiB, and the host gives us no memory before we use it - a host with transparent huge pages
 * clears 2 MiB for the first byte written into each, which dwarfs everything else we do while
 * booting. Lower addresses go first, which keeps what is in use dense.
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
#include "kernel/list.h"
#include "kernel/memgiver.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include <stdbool.h>
#include <string.h>

#define ORDERS     40u /* the largest block is 2^39 pages: as much as x86-64 can address */
#define STEP_PAGES 512u /* the frontier moves by at least a host's huge page */
#define LOW_END    256u /* page number of 1 MiB: what starts other CPUs needs memory below it */

/* In the first page of every free block. */
struct free_block {
	struct list node;
	unsigned order;
};

/*
 * Page numbers count from address 0, so that blocks are aligned absolutely. At the start of the
 * range it describes.
 */
struct range {
	struct range *next;
	uint64_t first, frontier, end; /* page numbers: [first, frontier) takes part, to end it may */
	uint64_t bit_base;             /* page number of bit 0, a multiple of 64 */
	uint64_t orders;               /* bit n: free[n] is not empty */
	struct list free[ORDERS];
	uint64_t page_bits[];          /* a free block starts here */
};

static struct spinlock lock = SPINLOCK_INIT;
static struct range *ranges; /* in the order they serve */
static size_t pages_free, pages_total;
static atomic_size_t pages_promised; /* rises under the lock only */

#define LOCKED_STACK 1024u /* bytes: more than is used with a lock held */
#define CACHE_LINE  64
#define CACHE_MAX   15u
#define CACHE_BATCH 8u  /* an aligned block of them is taken at once */

static struct cache {
	struct spinlock lock;
	unsigned n;
	void *pages[CACHE_MAX];
} __attribute__((aligned(CACHE_LINE))) caches[CPU_MAX];

static struct free_block *block_at(uint64_t pfn)
{
	return (struct free_block *)(pfn << PAGE_SHIFT);
}

static uint64_t pfn_of(const void *p)
{
	return (uint64_t)p >> PAGE_SHIFT;
}

static uint64_t align_up(uint64_t n, uint64_t power_of_two)
{
	return (n + power_of_two - 1) & ~(power_of_two - 1);
}

static size_t words_for(uint64_t nbits)
{
	return (nbits + 63) / 64;
}

static unsigned order_for(size_t npages)
{
	return npages <= 1 ? 0 : 64 - (unsigned)__builtin_clzl(npages - 1);
}

/* The word and mask that tell whether a free block starts at pfn. */
static uint64_t *start_bit(struct range *r, uint64_t pfn, uint64_t *mask)
{
	uint64_t i = pfn - r->bit_base;

	*mask = 1ull << (i % 64);
	return r->page_bits + i / 64;
}

static bool is_free_start(struct range *r, uint64_t pfn)
{
	uint64_t mask, *word = start_bit(r, pfn, &mask);

	return *word & mask;
}

/* Whether exactly this block is free; pfn may lie outside the range. */
static bool is_free_block(struct range *r, uint64_t pfn, unsigned order)
{
	if (pfn < r->first || pfn + (1ull << order) > r->frontier)
		return false;
	return is_free_start(r, pfn) && block_at(pfn)->order == order;
}

static void block_insert(struct range *r, uint64_t pfn, unsigned order)
{
	uint64_t mask, *word = start_bit(r, pfn, &mask);
	struct free_block *b = block_at(pfn);

	*word |= mask;
	b->order = order;
	list_push_front(&r->free[order], &b->node);
	r->orders |= 1ull << order;
}

static void block_remove(struct range *r, struct free_block *b)
{
	uint64_t mask, *word = start_bit(r, pfn_of(b), &mask);

	*word &= ~mask;
	list_remove(&b->node);
	if (list_empty(&r->free[b->order]))
		r->orders &= ~(1ull << b->order);
}

/* Frees one aligned block and joins it with its buddy as long as that is free too. */
static void block_free(struct range *r, uint64_t pfn, unsigned order)
{
	if (is_free_start(r, pfn))
		panic("page_free: %p is free already", (void *)block_at(pfn));
	while (order + 1 < ORDERS && is_free_block(r, pfn ^ 1ull << order, order)) {
		block_remove(r, block_at(pfn ^ 1ull << order));
		pfn &= ~(1ull << order);
		order++;
	}
	block_insert(r, pfn, order);
}

/* Frees [pfn, end) as the largest aligned blocks it is made of. */
static void span_free(struct range *r, uint64_t pfn, uint64_t end)
{
	while (pfn < end) {
		unsigned aligned = (unsigned)__builtin_ctzl(pfn); /* page 0 is in no range */
		unsigned fits = 63 - (unsigned)__builtin_clzl(end - pfn);
		unsigned order = aligned < fits ? aligned : fits;

		block_free(r, pfn, order);
		pfn += 1ull << order;
	}
}

/* Frees [frontier, to), which nobody had yet. */
static void frontier_move(struct range *r, uint64_t to)
{
	uint64_t from = r->frontier, word = (from - r->bit_base) / 64;

	/* Whole words: only the first frontier is no multiple of 64, and no bit below it counts. */
	memset(r->page_bits + word, 0, (words_for(to - r->bit_base) - word) * sizeof(uint64_t));
	r->frontier = to;
	span_free(r, from, to);
}

/*
 * Moves the frontier so far that there may be a free block of this order below it. False: all of
 * the range is below it, or it is too small.
 */
static bool frontier_advance(struct range *r, unsigned order)
{
	uint64_t size = 1ull << order;
	uint64_t enough = align_up(align_up(r->frontier, size) + size, STEP_PAGES);

	if (r->frontier == r->end || size > r->end - r->first)
		return false;
	/* Where too little is left, it may do with what is free just below. */
	frontier_move(r, enough < r->end ? enough : r->end);
	return true;
}

/* Takes npages from the smallest block that is large enough and gives the rest back. */
static uint64_t range_alloc(struct range *r, size_t npages, unsigned order)
{
	uint64_t fitting = r->orders >> order << order;
	struct free_block *b;
	uint64_t pfn;
	unsigned have;

	if (!fitting)
		return frontier_advance(r, order) ? range_alloc(r, npages, order) : 0;
	b = container_of(r->free[__builtin_ctzl(fitting)].next, struct free_block, node);
	have = b->order;
	pfn = pfn_of(b);
	block_remove(r, b);
	while (have-- > order)
		block_insert(r, pfn + (1ull << have), have);
	span_free(r, pfn + npages, pfn + (1ull << order));
	return pfn;
}

static struct range *range_of(uint64_t pfn)
{
	struct range *r = ranges;

	while (r && (pfn < r->first || pfn >= r->end))
		r = r->next;
	return r;
}

/* What describes a range: the struct and its page bits. npages counts from bit_base. */
static size_t metadata_pages(uint64_t npages)
{
	return page_align_up(sizeof(struct range) + words_for(npages) * 8) >> PAGE_SHIFT;
}

static void range_init(struct range *r, uint64_t first, uint64_t end)
{
	r->bit_base = first & ~63ull;
	r->first = r->frontier = first + metadata_pages(end - r->bit_base);
	r->end = end;
	r->orders = 0;
	for (unsigned i = 0; i < ORDERS; i++)
		list_init(&r->free[i]);
}

/* By address, but for memory below 1 MiB: that serves last. */
static void range_link(struct range *r)
{
	struct range **at = &ranges;

	while (*at && (*at)->first - LOW_END < r->first - LOW_END) /* below it, these wrap around */
		at = &(*at)->next;
	r->next = *at;
	*at = r;
}

void page_add_range(uint64_t base, uint64_t len)
{
	uint64_t first = page_align_up(base) >> PAGE_SHIFT, end = (base + len) >> PAGE_SHIFT;
	struct range *r;
	irq_state s;

	first += first == 0; /* page 0 stays unmapped: its address is NULL */
	if (end <= first || end > 1ull << (ORDERS - 1))
		return;
	if (metadata_pages(end - (first & ~63ull)) >= end - first)
		return;
	r = (struct range *)(first << PAGE_SHIFT);
	range_init(r, first, end);
	s = spin_lock(&lock);
	pages_free += end - r->first;
	pages_total += end - r->first;
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

static size_t pages_unpromised(void)
{
	return pages_free - atomic_load_explicit(&pages_promised, memory_order_relaxed);
}

/*
 * In one piece, or NULL. Takes what is promised to nobody, and `promised` pages more, whose promise
 * ends.
 */
static void *take(size_t npages, size_t promised)
{
	unsigned order = order_for(npages);
	uint64_t pfn = 0;

	if (npages > pages_unpromised() + promised)
		return NULL;
	for (struct range *r = ranges; r && !pfn; r = r->next)
		pfn = range_alloc(r, npages, order);
	if (!pfn)
		return NULL;
	pages_free -= npages;
	atomic_fetch_sub(&pages_promised, promised);
	return (void *)(pfn << PAGE_SHIFT);
}

static void put_back(void *pages, size_t npages)
{
	uint64_t pfn = pfn_of(pages);

	span_free(range_of(pfn), pfn, pfn + npages);
	pages_free += npages;
}

/* --- what each CPU keeps; the cache's lock is held, and taken before that of the ranges --- */

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
		c->pages[c->n++] = pages + (i - 1) * PAGE_SIZE;
	spin_unlock(&lock, s);
}

static void cache_drain(struct cache *c, unsigned keep)
{
	irq_state s = lock_ranges();

	while (c->n > keep)
		put_back(c->pages[--c->n], 1);
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

	if (c->n == 0)
		cache_fill(c, promised);
	else if (promised)
		page_promise_end(1);
	page = c->n ? c->pages[--c->n] : NULL;
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
		for (unsigned i = 0; i < c->n; i++)
			if (c->pages[i] == page)
				panic("page_free: %p is free already", (const void *)page);
}

static void free_one(uint64_t *page)
{
	irq_state s;
	struct cache *c;

	check_not_kept(page);
	*page = KEPT ^ (uint64_t)page;
	c = cache_lock(&s);
	if (c->n == CACHE_MAX)
		cache_drain(c, CACHE_MAX - CACHE_BATCH);
	c->pages[c->n++] = page;
	spin_unlock(&c->lock, s);
}

/* What CPUs keep goes back to the ranges, where it may be promised or join. */
static void drain_all(void)
{
	for (struct cache *c = caches; c < caches + CPU_MAX; c++) {
		irq_state s;

		if (!c->n) /* most have never run */
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
		drain_all();
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

	if (npages == 0 || order_for(npages) >= ORDERS)
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
	const struct range *r = range_of(pfn_of(pages));

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

void page_free_promised(void *pages, size_t npages)
{
	give_back(pages, npages, npages);
}

size_t page_count_free(void)
{
	size_t n = pages_unpromised();

	for (const struct cache *c = caches; c < caches + CPU_MAX; c++)
		n += c->n;
	return n;
}

size_t page_count_total(void)
{
	return pages_total;
}
