/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings: each page is zero until it is written, then keeps what was written while its mapping is
 * protected, moved and cut, and is zero again once it has been given up.
 */
#define _GNU_SOURCE 1
#include "stress.h"
#include <string.h>
#include <sys/mman.h>

#define PAGE	  4096u
#define SMALL	  32u
#define LARGE	  1100u /* more than two large pages: one of them lies in it, wherever it begins */
#define PAGES_MAX (LARGE + SMALL)

struct map {
	uint64_t *at;
	unsigned pages;
	uint32_t stamp;
	bool in_pieces; /* for a system to whom these do not become one again */
	bool written[PAGES_MAX];
};

static uint64_t *page_at(const struct map *m, unsigned page)
{
	return m->at + page * (PAGE / sizeof *m->at);
}

static void write_page(struct map *m, unsigned page)
{
	uint64_t *words = page_at(m, page);

	words[page % 512] = words[511 - page % 512] = m->stamp + page;
	m->written[page] = true;
}

static void check_page(const struct map *m, unsigned page)
{
	const uint64_t *words = page_at(m, page);
	uint64_t want = m->written[page] ? m->stamp + page : 0;

	HOLDS(words[page % 512] == want && words[511 - page % 512] == want);
}

static void check_some(struct worker *w, const struct map *m)
{
	unsigned first = chance(w, m->pages);

	for (unsigned page = first; page < m->pages && page < first + SMALL; page++)
		check_page(m, page);
}

struct range {
	unsigned first, count;
};

static struct range some_range(struct worker *w, const struct map *m)
{
	unsigned first = chance(w, m->pages);

	return (struct range){ first, 1 + chance(w, m->pages - first) };
}

static void protect_some(struct worker *w, struct map *m)
{
	struct range r = some_range(w, m);
	int rights = chance(w, 2) ? PROT_READ : PROT_NONE;

	HOLDS(mprotect(page_at(m, r.first), r.count * PAGE, rights) == 0);
	if (rights == PROT_READ)
		check_page(m, r.first);
	dawdle(w);
	HOLDS(mprotect(page_at(m, r.first), r.count * PAGE, PROT_READ | PROT_WRITE) == 0);
}

static void give_up_some(struct worker *w, struct map *m)
{
	struct range r = some_range(w, m);

	HOLDS(madvise(page_at(m, r.first), r.count * PAGE, MADV_DONTNEED) == 0);
	memset(&m->written[r.first], false, r.count);
}

/* A hole, which a new mapping fills again. */
static void replace_some(struct worker *w, struct map *m)
{
	struct range r = some_range(w, m);

	HOLDS(mmap(page_at(m, r.first), r.count * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page_at(m, r.first));
	memset(&m->written[r.first], false, r.count);
	m->in_pieces = true;
}

static void resize(struct worker *w, struct map *m)
{
	unsigned pages = m->pages <= SMALL ? 1 + chance(w, SMALL) : LARGE + chance(w, SMALL);
	void *at = mremap(m->at, m->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE);

	HOLDS(at != MAP_FAILED || m->in_pieces);
	if (at == MAP_FAILED)
		return;
	m->at = at;
	for (; m->pages < pages; m->pages++)
		m->written[m->pages] = false;
	m->pages = pages;
}

static void step(struct worker *w, struct map *m)
{
	switch (chance(w, 12)) {
	case 0:
		protect_some(w, m);
		break;
	case 1:
		give_up_some(w, m);
		break;
	case 2:
		replace_some(w, m);
		break;
	case 3:
		resize(w, m);
		break;
	case 4:
		check_some(w, m);
		break;
	default:
		write_page(m, chance(w, m->pages));
	}
}

static void map_and_unmap(struct worker *w)
{
	struct map m = { .pages = chance(w, 8) ? 1 + chance(w, SMALL) : LARGE };

	m.stamp = chance(w, UINT32_MAX / 2) + 1;
	m.at = mmap(NULL, m.pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	HOLDS(m.at != MAP_FAILED);
	for (unsigned n = chance(w, 60); n; n--)
		step(w, &m);
	for (unsigned page = 0; page < m.pages; page++)
		check_page(&m, page);
	HOLDS(munmap(m.at, m.pages * PAGE) == 0);
}

const struct part maps_part = { .name = "maps", .round = map_and_unmap };
