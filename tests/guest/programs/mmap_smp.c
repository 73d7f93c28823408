/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings made, filled, protected and removed on every CPU at once, with a model of what each page
 * holds; pages that all CPUs touch first at the same moment; and a right that is taken away while
 * others use it. At the end no page is missing.
 */
#include "smp.h"
#include "kernel/page.h"
#include <string.h>
#include <sys/mman.h>

#define PAGE  4096ul
#define PAGES 600u /* of each thread's range: some more than a large page */
#define STEPS (400 / (ncpus * ncpus))
#define RW    (PROT_READ | PROT_WRITE)

static unsigned seed_of(unsigned *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* What a page holds: its number where it was written, 0 where it is fresh, -1: not mapped. */
struct model {
	char *base;
	int page[PAGES];
	bool writable[PAGES];
};

static void set(struct model *m, unsigned first, unsigned n, int value, bool writable)
{
	for (unsigned i = first; i < first + n; i++) {
		m->page[i] = value == -2 ? m->page[i] : value;
		m->writable[i] = writable;
	}
}

static bool any(const struct model *m, unsigned first, unsigned n, int value)
{
	for (unsigned i = first; i < first + n; i++)
		if (m->page[i] == value)
			return true;
	return false;
}

static void look(struct model *m, unsigned first, unsigned n)
{
	for (unsigned i = first; i < first + n; i++) {
		volatile int *word = (volatile int *)(m->base + i * PAGE);

		if (m->page[i] < 0)
			continue;
		CHECK_EQ(*word, m->page[i]);
		if (m->writable[i])
			*word = m->page[i] = (int)i + 1;
	}
}

static void step(struct model *m, unsigned *state)
{
	unsigned first = seed_of(state) % PAGES, n = 1 + seed_of(state) % (PAGES - first);
	char *at = m->base + first * PAGE;
	bool writable = seed_of(state) % 2;

	switch (seed_of(state) % 6) {
	case 0:
		CHECK_EQ(munmap(at, n * PAGE), 0);
		set(m, first, n, -1, false);
		break;
	case 1:
		CHECK(mmap(at, n * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
		set(m, first, n, 0, true);
		break;
	case 2:
		CHECK_EQ(mprotect(at, n * PAGE, writable ? RW : PROT_READ), any(m, first, n, -1) ? -1 : 0);
		if (!any(m, first, n, -1))
			set(m, first, n, -2, writable);
		break;
	case 3:
		CHECK_EQ(madvise(at, n * PAGE, MADV_DONTNEED), any(m, first, n, -1) ? -1 : 0);
		for (unsigned i = first; !any(m, first, n, -1) && i < first + n; i++)
			m->page[i] = 0;
		break;
	default:
		look(m, first, n);
	}
}

static void own_range(void *arg)
{
	unsigned state = (unsigned)(uintptr_t)arg + 1;
	struct model *m = calloc(1, sizeof *m);

	m->base = mmap(NULL, PAGES * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(m->base != MAP_FAILED);
	set(m, 0, PAGES, 0, true);
	for (unsigned i = 0; i < STEPS && !failed; i++)
		step(m, &state);
	CHECK_EQ(munmap(m->base, PAGES * PAGE), 0);
	free(m);
}

/* --- the same pages, at once --- */

#define SHARED 1200u

static atomic_uint *shared;
static atomic_uint arrived;

static void touch_shared(void *unused)
{
	(void)unused;
	atomic_fetch_add(&arrived, 1);
	while (atomic_load(&arrived) < ncpus)
		thread_yield();
	for (unsigned i = 0; i < SHARED; i++)
		atomic_fetch_add(&shared[i * PAGE / sizeof *shared], 1);
}

/* --- a page that changes under its readers --- */

#define ROUNDS (100 / ncpus)

static atomic_bool over;

static void read_shared(void *unused)
{
	(void)unused;
	while (!atomic_load(&over)) {
		unsigned v = atomic_load(&shared[0]);

		CHECK(v == 0 || v == 1);
		thread_yield();
	}
}

static void change(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		CHECK_EQ(mprotect(shared, PAGE, PROT_READ), 0);
		CHECK_EQ(mprotect(shared, PAGE, RW), 0);
		atomic_store(&shared[0], 1);
		CHECK_EQ(madvise(shared, PAGE, MADV_DONTNEED), 0);
	}
}

static void on_all(const char *name, void (*entry)(void *))
{
	struct thread *t[CPU_MAX];

	for (unsigned i = 0; i < ncpus; i++)
		t[i] = start(name, PRIO_APP, only(i), entry, i);
	if (entry == read_shared) {
		change();
		atomic_store(&over, true);
	}
	for (unsigned i = 0; i < ncpus; i++)
		thread_join(t[i]);
}

static void everything(void)
{
	on_all("own", own_range);
	shared = mmap(NULL, SHARED * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	atomic_store(&arrived, 0);
	on_all("touch", touch_shared);
	for (unsigned i = 0; i < SHARED; i++)
		CHECK_EQ(shared[i * PAGE / sizeof *shared], ncpus);
	CHECK_EQ(madvise(shared, SHARED * PAGE, MADV_DONTNEED), 0);
	atomic_store(&over, false);
	on_all("read", read_shared);
	CHECK_EQ(munmap(shared, SHARED * PAGE), 0);
}

int main(int argc, char **argv)
{
	size_t before;

	count_cpus(argc, argv);
	everything();
	before = page_count_free();
	everything();
	printf("%zd pages missing\n", (ssize_t)(before - page_count_free()));
	CHECK(page_count_free() + 2 * ncpus >= before); /* a slab more where threads met */
	return verdict();
}
