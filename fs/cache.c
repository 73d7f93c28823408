/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block cache. cache_lock guards the hash table, the list of unused pages and all user counts;
 * it is not held while a device works. A page enters the table before it is read, so that two
 * readers of one page make one request: the second sleeps on the page's state.
 */
#include "fs/cache.h"
#include "kernel/blkdev.h"
#include "kernel/futex.h"
#include "kernel/heap.h"
#include "kernel/memgiver.h"
#include "kernel/mutex.h"
#include "kernel/page.h"
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

/* cache_page.state. A failed page is in no table and goes with its last user. */
enum { FILLING, VALID, FAILED };

#define PAGES_MIN   16u
#define WINDOW_PAGES (CACHE_WINDOW_MAX / CACHE_PAGE_SIZE)

static_assert(CACHE_PAGE_SIZE == PAGE_SIZE, "a cache page is a page of memory");

static struct mutex cache_lock = MUTEX_INIT;
static struct list unused = LIST_INIT(unused); /* least recently used first */
static struct cache_page **buckets;
static size_t nbuckets;                        /* a power of two */
static _Atomic size_t npages;
static size_t pages_max;

/* --- the table; cache_lock is held --- */

static struct cache_page **bucket_of(const struct blkdev *dev, uint64_t index)
{
	uint64_t key = index * 0x9e3779b97f4a7c15ull ^ (uintptr_t)dev >> 4;

	return &buckets[(key ^ key >> 32) & (nbuckets - 1)];
}

static struct cache_page *find(const struct blkdev *dev, uint64_t index)
{
	struct cache_page *p = *bucket_of(dev, index);

	while (p && !(p->dev == dev && p->index == index))
		p = p->next;
	return p;
}

static void insert(struct cache_page *p)
{
	struct cache_page **bucket = bucket_of(p->dev, p->index);

	p->next = *bucket;
	*bucket = p;
}

static void take_out(struct cache_page *p)
{
	struct cache_page **link = bucket_of(p->dev, p->index);

	while (*link != p)
		link = &(*link)->next;
	*link = p->next;
}

/* --- pages --- */

static void free_page(struct cache_page *p)
{
	npages--;
	page_free(p->data, 1);
	kfree(p);
}

static struct cache_page *new_page(void)
{
	struct cache_page *p = npages < pages_max ? kzalloc(sizeof(*p)) : NULL;

	if (!p)
		return NULL;
	p->data = page_alloc(1);
	if (!p->data)
		return kfree(p), NULL;
	list_init(&p->lru);
	npages++;
	return p;
}

static struct cache_page *evict(void)
{
	struct list *node = list_pop_front(&unused);
	struct cache_page *p;

	if (!node)
		return NULL;
	p = container_of(node, struct cache_page, lru);
	take_out(p);
	return p;
}

/*
 * Whoever asks may be this cache, in want of a page; then the lock is held, and evict() comes next.
 */
static size_t give(struct memory_giver *giver, size_t wanted)
{
	struct cache_page *p;
	size_t n = 0;

	(void)giver;
	if (!mutex_trylock(&cache_lock))
		return 0;
	for (; n < wanted && (p = evict()); n++)
		free_page(p);
	mutex_unlock(&cache_lock);
	return n;
}

/* Read without the lock: as good a number as any while it changes. */
static size_t hold(void)
{
	return npages;
}

static struct memory_giver giver = { .name = "block cache", .give = give, .hold = hold };

/* Sized at first use: an image that mounts no disk spends nothing on it. */
static int make_table(void)
{
	if (buckets)
		return 0;
	pages_max = page_count_total() / 8;
	if (pages_max < PAGES_MIN)
		pages_max = PAGES_MIN;
	for (nbuckets = PAGES_MIN; nbuckets < pages_max / 2; nbuckets *= 2)
		;
	buckets = kzalloc(nbuckets * sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	memory_giver_register(&giver);
	return 0;
}

/*
 * A page in the table that its caller has to fill. NULL: all memory that the cache may have is in
 * use.
 */
static struct cache_page *claim(struct blkdev *dev, uint64_t index)
{
	struct cache_page *p = new_page();

	if (!p)
		p = evict();
	if (!p)
		return NULL;
	p->dev = dev;
	p->index = index;
	p->users = 1;
	atomic_store(&p->state, FILLING);
	for (unsigned i = 0; i < 4; i++)
		atomic_store(&p->verified[i], 0);
	insert(p);
	return p;
}

static void use(struct cache_page *p)
{
	if (p->users++ == 0)
		list_remove(&p->lru);
}

static void unuse(struct cache_page *p)
{
	if (--p->users)
		return;
	if (atomic_load(&p->state) == FAILED)
		free_page(p);
	else
		list_push_back(&unused, &p->lru);
}

/* --- reading --- */

/* The pages of one request. */
struct fill {
	unsigned n;
	struct cache_page *pages[WINDOW_PAGES];
	struct sg sg[WINDOW_PAGES];
};

/*
 * How many pages from index one request may ask for: what the device has and takes, and what the
 * window wants.
 */
static unsigned request_pages(const struct blkdev *dev, uint64_t index, size_t window)
{
	uint64_t on_device = (dev->sectors * BLK_SECTOR_SIZE + CACHE_PAGE_SIZE - 1) /
			     CACHE_PAGE_SIZE;
	uint64_t n = (window + CACHE_PAGE_SIZE - 1) / CACHE_PAGE_SIZE;

	if (index >= on_device)
		return 0;
	if (n > WINDOW_PAGES)
		n = WINDOW_PAGES;
	if (n > on_device - index)
		n = on_device - index;
	if (n > dev->max_sg)
		n = dev->max_sg;
	if (n > dev->max_sectors / (CACHE_PAGE_SIZE / BLK_SECTOR_SIZE))
		n = dev->max_sectors / (CACHE_PAGE_SIZE / BLK_SECTOR_SIZE);
	return n ? (unsigned)n : 1;
}

/* Claims the pages of a request, up to the first that is there already. */
static void claim_run(struct fill *fill, struct blkdev *dev, uint64_t index, unsigned n)
{
	for (fill->n = 0; fill->n < n; fill->n++) {
		if (fill->n && find(dev, index + fill->n))
			break;
		fill->pages[fill->n] = claim(dev, index + fill->n);
		if (!fill->pages[fill->n])
			break;
	}
}

/* The device may end inside its last page. */
static size_t page_bytes(const struct cache_page *p)
{
	uint64_t left = p->dev->sectors * BLK_SECTOR_SIZE - p->index * CACHE_PAGE_SIZE;

	return left < CACHE_PAGE_SIZE ? (size_t)left : CACHE_PAGE_SIZE;
}

static int read_one(struct cache_page *p)
{
	size_t len = page_bytes(p);

	memset(p->data + len, 0, CACHE_PAGE_SIZE - len);
	return blk_read(p->dev, p->index * (CACHE_PAGE_SIZE / BLK_SECTOR_SIZE), p->data, len);
}

static int read_run(struct fill *fill)
{
	struct cache_page *first = fill->pages[0];
	struct blk_req request = {
		.op = BLK_READ,
		.sector = first->index * (CACHE_PAGE_SIZE / BLK_SECTOR_SIZE),
		.sg = fill->sg,
		.nsg = fill->n,
	};
	int error;

	if (fill->n == 1)
		return read_one(first);
	for (unsigned i = 0; i < fill->n; i++) {
		size_t len = page_bytes(fill->pages[i]);

		fill->sg[i] = (struct sg){ fill->pages[i]->data, (uint32_t)len };
		memset(fill->pages[i]->data + len, 0, CACHE_PAGE_SIZE - len);
	}
	error = blk_submit(first->dev, &request);
	return error ? error : blk_wait(&request);
}

/*
 * Wakes those who wait for the pages. Of these the caller keeps the first, and that only when it
 * could be read.
 */
static void finish_run(struct fill *fill, int error)
{
	mutex_lock(&cache_lock);
	for (unsigned i = 0; i < fill->n; i++) {
		struct cache_page *p = fill->pages[i];

		atomic_store(&p->state, error ? FAILED : VALID);
		futex_wake(&p->state, UINT_MAX);
		if (error)
			take_out(p);
		if (error || i > 0)
			unuse(p);
	}
	mutex_unlock(&cache_lock);
}

static int wait_filled(struct cache_page *p, struct cache_page **out)
{
	while (atomic_load(&p->state) == FILLING)
		futex_wait(&p->state, FILLING, DEADLINE_NEVER);
	*out = p;
	if (atomic_load(&p->state) == VALID)
		return 0;
	cache_put(p);
	return -EIO;
}

int cache_get(struct blkdev *dev, uint64_t index, size_t window, struct cache_page **out)
{
	struct cache_page *p;
	struct fill fill;
	int error;

	mutex_lock(&cache_lock);
	error = make_table();
	p = error ? NULL : find(dev, index);
	if (p)
		use(p);
	else if (!error)
		claim_run(&fill, dev, index, request_pages(dev, index, window));
	mutex_unlock(&cache_lock);
	if (error || p)
		return error ? error : wait_filled(p, out);
	if (fill.n == 0)
		return -ENOMEM;
	*out = fill.pages[0];
	error = read_run(&fill);
	finish_run(&fill, error);
	return error ? -EIO : 0;
}

void cache_put(struct cache_page *p)
{
	mutex_lock(&cache_lock);
	unuse(p);
	mutex_unlock(&cache_lock);
}

int cache_read(struct blkdev *dev, uint64_t at, void *buf, size_t len, size_t window)
{
	uint64_t end = at + (window > len ? window : len);

	while (len > 0) {
		size_t skip = at % CACHE_PAGE_SIZE;
		size_t n = CACHE_PAGE_SIZE - skip < len ? CACHE_PAGE_SIZE - skip : len;
		struct cache_page *p;
		int error = cache_get(dev, at / CACHE_PAGE_SIZE, (size_t)(end - at) + skip, &p);

		if (error)
			return error;
		memcpy(buf, p->data + skip, n);
		cache_put(p);
		buf = (uint8_t *)buf + n;
		at += n;
		len -= n;
	}
	return 0;
}

void cache_drop(struct blkdev *dev)
{
	mutex_lock(&cache_lock);
	for (struct list *node = unused.next, *next; node != &unused; node = next) {
		struct cache_page *p = container_of(node, struct cache_page, lru);

		next = node->next;
		if (p->dev != dev)
			continue;
		list_remove(&p->lru);
		take_out(p);
		free_page(p);
	}
	mutex_unlock(&cache_lock);
}

size_t cache_pages(void)
{
	return npages;
}

void cache_count(size_t *pages, size_t *most, const struct list **idle)
{
	*pages = npages;
	*most = pages_max;
	*idle = &unused;
}
