/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page allocator and the heap on four processors at once, until memory is short: nothing is given twice, promises are kept, givers are asked, and in the end
 * all is there again. Whoever has memory writes to it as to plain memory, so that ThreadSanitizer sees one that two have. What the test notes beside that is
 * relaxed: it orders nothing that the allocators do not order themselves.
 *
 * Links: kernel/thread.c kernel/sched.c kernel/sched_place.c kernel/futex.c kernel/mutex.c kernel/semaphore.c
 * Links: kernel/wait.c kernel/timer.c kernel/cpu.c kernel/page.c kernel/page_range.c kernel/memgiver.c
 * Links: kernel/heap.c kernel/printf.c
 */
#include "tests/host/smp/machine.h"
#include "tests/host/test.h"
#include "kernel/heap.h"
#include "kernel/memgiver.h"
#include "kernel/page.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"

#define THREADS 6u
#define ROUNDS  1500u
#define SLOTS   48u
#define PAGES   (MACHINE_RAM / PAGE_SIZE)
#define LARGE   512u

static struct thread *threads[THREADS];
static atomic_uint failed_allocations, given_pages;
static atomic_uint drawn; /* by so many threads, */
static unsigned drawers;  /* of so many */

static unsigned chance(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % n;
}

static void note(atomic_uint *counter, unsigned n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* --- who has which page --- */

static _Atomic unsigned char owner[PAGES];

static void change_owner(const char *pages, size_t npages, unsigned char from, unsigned char to)
{
	size_t first = (size_t)(pages - machine_ram) / PAGE_SIZE;

	for (size_t i = first; i < first + npages; i++)
		CHECK_EQ(atomic_exchange_explicit(&owner[i], to, memory_order_relaxed), from);
}

static void taken(char *pages, size_t npages)
{
	CHECK(pages >= machine_ram && pages + npages * PAGE_SIZE <= machine_ram + MACHINE_RAM);
	change_owner(pages, npages, 0, 1);
	for (size_t i = 0; i < npages; i++)
		*(char **)(pages + i * PAGE_SIZE + 64) = pages;
}

static void about_to_free(char *pages, size_t npages)
{
	for (size_t i = 0; i < npages; i++)
		CHECK(*(char **)(pages + i * PAGE_SIZE + 64) == pages);
	change_owner(pages, npages, 1, 0);
}

/* --- a cache that gives back --- */

#define HOARD 256u

static struct spinlock hoard_lock = SPINLOCK_INIT;
static char *hoard[HOARD];
static unsigned nhoard;

static size_t give(struct memory_giver *giver, size_t npages)
{
	size_t given = 0;
	irq_state s = spin_lock(&hoard_lock);

	(void)giver;
	for (; nhoard > 0 && given < npages; given++) {
		char *page = hoard[--nhoard];

		about_to_free(page, 1);
		page_free(page, 1);
	}
	spin_unlock(&hoard_lock, s);
	note(&given_pages, (unsigned)given);
	return given;
}

static struct memory_giver giver = { .name = "hoard", .give = give };

static void hoard_one(void)
{
	char *page = page_alloc(1);
	irq_state s;

	if (!page)
		return;
	taken(page, 1);
	s = spin_lock(&hoard_lock);
	if (nhoard < HOARD) {
		hoard[nhoard++] = page;
		page = NULL;
	}
	spin_unlock(&hoard_lock, s);
	if (page) {
		about_to_free(page, 1);
		page_free(page, 1);
	}
}

/* --- pages --- */

struct slot {
	char *pages;
	size_t npages, promises; /* what it has, and what it may still have */
};

static void let_go(struct slot *slot)
{
	if (slot->pages) {
		about_to_free(slot->pages, slot->npages);
		page_free(slot->pages, slot->npages);
	}
	page_promise_end(slot->promises);
	*slot = (struct slot){ 0 };
}

static void allocate(struct slot *slot, size_t npages)
{
	slot->pages = page_alloc(npages);
	slot->npages = npages;
	if (slot->pages)
		taken(slot->pages, npages);
	else
		note(&failed_allocations, 1);
}

/* As a region does it: promises some, takes one or turns one back, or puts a borrowed piece in the place of many. */
static void promise(struct slot *slot, unsigned *seed)
{
	size_t npages = 1 + chance(seed, 2 * LARGE);

	if (!page_promise(npages)) {
		note(&failed_allocations, 1);
		return;
	}
	slot->promises = npages;
	if (npages >= LARGE && (slot->pages = page_borrow(LARGE))) {
		slot->npages = LARGE;
		page_promise_end(LARGE);
	} else {
		slot->pages = page_alloc_promised(1);
		slot->npages = 1;
		if (!slot->pages) {
			CHECK(!"a promise is broken");
			return;
		}
	}
	slot->promises -= slot->npages;
	taken(slot->pages, slot->npages);
}

static void back_to_promises(struct slot *slot)
{
	about_to_free(slot->pages, slot->npages);
	page_free_promised(slot->pages, slot->npages);
	slot->promises += slot->npages;
	slot->pages = NULL;
}

/* Everything that was promised to a slot, as a list that begins with `more`. */
static char *draw(struct slot *slot, char *more)
{
	while (slot->promises > 0) {
		char *page = page_alloc_promised(1);

		if (!page) {
			CHECK(!"a promise is broken");
			return more;
		}
		slot->promises--;
		taken(page, 1);
		*(char **)page = more;
		more = page;
	}
	return more;
}

static void free_list(char *page)
{
	while (page) {
		char *next = *(char **)page;

		about_to_free(page, 1);
		page_free(page, 1);
		page = next;
	}
}

/* What is promised to nobody, until there is no more. */
static char *take_all(void)
{
	char *list = NULL, *page;

	while ((page = page_alloc(1))) {
		taken(page, 1);
		*(char **)page = list;
		list = page;
	}
	return list;
}

/* All threads draw all their promises, with nothing else left, before any of them frees a page. */
static void draw_together(struct slot *slots)
{
	unsigned last = (atomic_load(&drawn) / drawers + 1) * drawers;
	char *list = take_all();

	for (unsigned i = 0; i < SLOTS; i++)
		list = draw(&slots[i], list);
	atomic_fetch_add(&drawn, 1);
	while (atomic_load(&drawn) < last)
		thread_yield();
	free_list(list);
}

static void use_pages(void *arg)
{
	static struct slot all[THREADS][SLOTS];
	struct slot *slots = all[(uintptr_t)arg];
	unsigned seed = (unsigned)(uintptr_t)arg * 77 + 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct slot *slot = &slots[chance(&seed, SLOTS)];

		if (slot->pages && slot->promises && chance(&seed, 4) == 0)
			back_to_promises(slot);
		else if (slot->promises && chance(&seed, 3) == 0)
			free_list(draw(slot, NULL));
		let_go(slot);
		switch (chance(&seed, 8)) {
		case 0: hoard_one(); break;
		case 1: promise(slot, &seed); break;
		case 2: allocate(slot, 1 + chance(&seed, 300)); break;
		default: allocate(slot, 1); break;
		}
		CHECK(page_count_free() <= page_count_total());
		if (i % (ROUNDS / 4) == ROUNDS / 4 - 1)
			draw_together(slots);
	}
	for (unsigned i = 0; i < SLOTS; i++)
		let_go(&slots[i]);
}

/* --- objects --- */

static _Atomic(unsigned char *) shelf[64];

/* An object's first bytes say how long it is; another thread may have put it there. */
static void replace(unsigned char *object, unsigned where)
{
	size_t size;

	object = atomic_exchange(&shelf[where], object);
	if (!object)
		return;
	memcpy(&size, object, sizeof size);
	for (size_t i = sizeof size; i < size; i++)
		if (object[i] != (unsigned char)size) {
			CHECK(!"somebody else wrote to it");
			break;
		}
	kfree(object);
}

static void use_heap(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg * 99 + 5;

	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t size = sizeof size + chance(&seed, chance(&seed, 16) ? 600 : 60000);
		size_t align = 16u << chance(&seed, 6);
		unsigned char *object = chance(&seed, 2) ? kmalloc(size) : kmalloc_aligned(size, align);

		if (!object) {
			note(&failed_allocations, 1);
			continue;
		}
		memset(object, (int)size, size);
		memcpy(object, &size, sizeof size);
		replace(object, chance(&seed, 64));
	}
}

/* --- both --- */

static void run_all(void (*even)(void *), void (*odd)(void *))
{
	drawers = even == odd ? THREADS : THREADS / 2;
	for (uintptr_t i = 0; i < THREADS; i++)
		if (!(threads[i] = thread_prepare("memory", PRIO_APP, (struct thread_stack){ 0 }, i % 2 ? odd : even, (void *)i)))
			abort();
	for (unsigned i = 0; i < THREADS; i++)
		thread_start(threads[i]); /* from here on memory may be short */
	for (unsigned i = 0; i < THREADS; i++)
		thread_join(threads[i]);
	for (unsigned i = 0; i < 64; i++)
		replace(NULL, i);
	give(NULL, HOARD);
}

/* Of each size of object, an empty slab may stay or not. */
#define SIZES 14u

static void returns(void (*even)(void *), void (*odd)(void *))
{
	size_t before;

	machine_start();
	if (!giver.node.next)
		memory_giver_register(&giver);
	run_all(even, odd); /* the idle threads and what else stays */
	before = page_count_free();
	run_all(even, odd);
	CHECK(page_count_free() + SIZES >= before && page_count_free() <= before + SIZES);
}

TEST(pages)
{
	returns(use_pages, use_pages);
	CHECK(failed_allocations > 0 && given_pages > 0); /* memory was short, indeed */
}

TEST(objects)
{
	returns(use_heap, use_heap);
}

TEST(objects_while_pages_are_short)
{
	returns(use_heap, use_pages);
}

/* The flow of control may have come to another pthread than the one that main() began on. */
int main(int argc, char **argv)
{
	int status = test_main(argc, argv);

	fflush(stdout);
	_Exit(status);
}
