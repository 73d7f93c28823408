/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap over the real page allocator: alignment, contents, exhaustion, misuse.
 *
 * Links: kernel/heap.c kernel/page.c kernel/page_range.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/heap.h"
#include "kernel/page.h"
#include "kernel/x86_64/cpu.h"
#include <sys/mman.h>

#define POOL_PAGES 4096u

static void pool_init(void)
{
	static char *pool;

	if (pool)
		return;
	pool = mmap(NULL, POOL_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(pool, 0xa5, POOL_PAGES * PAGE_SIZE);
	page_add_range((uint64_t)pool, POOL_PAGES * PAGE_SIZE);
}

/* Each size keeps one empty slab: after this, memory that does not return is lost. */
static size_t settled(void)
{
	for (size_t n = 1; n <= 2016; n += 8)
		kfree(kmalloc(n));
	return page_count_free();
}

TEST(heap_every_size)
{
	size_t before;

	pool_init();
	before = settled();
	for (size_t n = 0; n < 10000; n += n < 2100 ? 1 : 997) {
		char *a = kmalloc(n), *b = kzalloc(n);

		CHECK(a && b && a != b);
		CHECK_EQ((uint64_t)a % 16, 0);
		memset(a, 0xff, n);
		for (size_t i = 0; i < n; i++)
			if (b[i]) {
				CHECK(b[i] == 0);
				break;
			}
		kfree(a);
		kfree(b);
	}
	CHECK_EQ(page_count_free(), before);
}

TEST(heap_aligned)
{
	size_t before;

	pool_init();
	before = settled();
	for (size_t align = 1; align <= PAGE_SIZE; align *= 2) {
		for (size_t n = 0; n < 9000; n += 1 + n / 4) {
			char *a = kmalloc_aligned(n, align), *b = kmalloc_aligned(n, align);

			CHECK(a && b);
			CHECK_EQ((uint64_t)a % align, 0);
			CHECK_EQ((uint64_t)b % align, 0);
			memset(a, 1, n);
			memset(b, 2, n);
			kfree(b);
			kfree(a);
		}
	}
	CHECK_EQ(page_count_free(), before);
}

struct block {
	unsigned char *p, fill;
	size_t n;
};

static bool intact(const struct block *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->p[i] != b->fill)
			return false;
	return true;
}

TEST(heap_random_contents_survive)
{
	enum { SLOTS = 800 };
	static struct block slot[SLOTS];
	size_t before;

	pool_init();
	before = settled();
	srand(2);
	for (unsigned i = 0; i < 100000 && !test_failures; i++) {
		struct block *b = &slot[rand() % SLOTS];

		if (b->p) {
			CHECK(intact(b));
			kfree(b->p);
			b->p = NULL;
			continue;
		}
		b->n = rand() % 8 ? (size_t)rand() % 700 : (size_t)rand() % 20000;
		b->fill = (unsigned char)rand();
		b->p = kmalloc(b->n);
		CHECK(b->p != NULL);
		memset(b->p, b->fill, b->n);
	}
	for (unsigned k = 0; k < SLOTS; k++)
		kfree(slot[k].p);
	CHECK_EQ(page_count_free(), before);
}

TEST(heap_exhaustion_is_an_error)
{
	static void *all[POOL_PAGES * 4];
	size_t before, n = 0;

	pool_init();
	before = settled();
	while ((all[n] = kmalloc(2000)) != NULL)
		n++;
	CHECK(n > POOL_PAGES);
	CHECK(kmalloc(100000) == NULL);
	CHECK(kmalloc(SIZE_MAX) == NULL);
	while (n > 0)
		kfree(all[--n]);
	CHECK_EQ(page_count_free(), before);
}

static bool kfree_panics(void *p, const char *why)
{
	bool caught = SHIM_CATCH(kfree(p));

	shim_flags = CPU_FLAG_IF;
	return caught && strstr(shim_panic_text, why);
}

TEST(heap_misuse_is_found)
{
	char *small, *large, *keep;

	pool_init();
	kfree(NULL);
	small = kmalloc(40);
	CHECK(kfree_panics(small + 16, "not the start"));
	large = kmalloc(5000);
	kfree(large);
	CHECK(kfree_panics(large, "free already"));
	keep = kmalloc(1000);
	*(unsigned *)((uint64_t)keep / PAGE_SIZE * PAGE_SIZE + 16) = 0xdead;
	CHECK(kfree_panics(keep, "overwritten"));
	/* last: the panic leaves this size's lock held */
	kfree(small);
	CHECK(kfree_panics(small, "free already"));
}

TEST_MAIN
