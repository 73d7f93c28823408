/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inflating and deflating (VIRTIO 1.4, 5.5.6). A chunk of pages belongs to whoever has it: the
 * device, from when it is told of them until it has answered; then a list. Nothing waits for the
 * device, but a thread that lacks memory which is ours again only once the host knows.
 *
 * Pages are taken in units where there are any, as nothing but whole units spare a host its own
 * huge pages, and come back so: blank, since what the host took away is not there before it is
 * touched.
 */
#include "virtio/virtio_balloon.h"
#include "kernel/clock.h"
#include "kernel/heap.h"
#include "kernel/thread.h"
#include <errno.h>
#include <string.h>

#define QUEUE_SIZE     16u
#define RETRY_MAX_S    64u
#define ANSWER_WAIT_NS 1000000000ull
#define NS_PER_S       1000000000ull

/* --- chunks --- */

struct balloon_chunk *balloon_chunk_new(void)
{
	struct balloon_chunk *c = kzalloc(sizeof *c);

	if (!c)
		return NULL;
	c->users = 1;
	c->pfn = page_borrow(1);
	if (!c->pfn)
		return kfree(c), NULL;
	list_init(&c->node);
	return c;
}

void balloon_chunk_drop(struct balloon_chunk *c)
{
	if (atomic_fetch_sub(&c->users, 1) > 1)
		return;
	page_free(c->pfn, 1);
	kfree(c);
}

static struct balloon_chunk *first_chunk(struct list *list)
{
	return list_empty(list) ? NULL : container_of(list->next, struct balloon_chunk, node);
}

/* How many pages from number i on are in one piece, within one unit. */
static unsigned run_length(const struct balloon_chunk *c, unsigned i)
{
	unsigned n = 1;

	while (i + n < c->n && c->pfn[i + n] == c->pfn[i] + n && c->pfn[i + n] % PAGE_UNIT)
		n++;
	return n;
}

static void free_run(const struct balloon *b, uint64_t pfn, unsigned n)
{
	char *pages = (char *)(pfn << VIRTIO_BALLOON_PFN_SHIFT);
	bool poison = virtio_has(b->dev, VIRTIO_BALLOON_F_PAGE_POISON);

	if (poison)
		memset(pages, balloon_poison(), n * PAGE_SIZE);
	if (n == PAGE_UNIT && !poison)
		page_free_blank(pages);
	else
		page_free(pages, n);
}

/* The chunk's pages are the allocator's again. Their numbers stay: the device may be reading. */
static void release(const struct balloon *b, const struct balloon_chunk *c)
{
	for (unsigned i = 0, n; i < c->n; i += n) {
		n = run_length(c, i);
		free_run(b, c->pfn[i], n);
	}
}

/* --- to the host --- */

/* Free pages in one piece of n, at most limit: as large as there is one at hand. NULL: none. */
static void *borrow(uint64_t limit, unsigned *n)
{
	void *pages = NULL;

	for (unsigned size = PAGE_UNIT; size && !pages; size /= 8)
		if (size <= limit)
			pages = page_borrow(*n = size);
	if ((uintptr_t)pages >> VIRTIO_BALLOON_PFN_SHIFT <= UINT32_MAX - PAGE_UNIT)
		return pages;
	page_free(pages, *n); /* its number is none that a device can be told */
	return NULL;
}

/* Adds to the chunk at most limit of them; returns how many. */
static unsigned take_pages(struct balloon_chunk *c, uint64_t limit)
{
	unsigned n = 0;
	void *pages = borrow(limit, &n);

	for (unsigned i = 0; pages && i < n; i++)
		c->pfn[c->n++] = (uint32_t)(((uintptr_t)pages >> VIRTIO_BALLOON_PFN_SHIFT) + i);
	return pages ? n : 0;
}

static void fill(struct balloon_chunk *c, uint64_t wanted)
{
	unsigned n;

	do {
		uint64_t spare = balloon_spare(), limit = wanted - c->n;

		n = take_pages(c, limit < spare ? limit : spare);
	} while (n && c->n < wanted);
}

/* Caches go first: what is left of the balloon's pages may not be worth one. */
static void ask_for(struct balloon *b, uint64_t npages)
{
	b->asker = thread_current();
	memory_givers_ask(npages);
	b->asker = NULL;
}

static int send_inflate(struct balloon *b, struct balloon_chunk *c)
{
	struct sg sg = { c->pfn, c->n * sizeof *c->pfn };
	irq_state s = spin_lock(&b->lock);
	int error = b->live ? virtqueue_add(b->inflateq, &sg, 1, 1, c) : -EIO;

	if (!error)
		b->inflating = c;
	spin_unlock(&b->lock, s);
	return error;
}

/* False: no page could be had. */
static bool inflate(struct balloon *b, uint64_t wanted)
{
	struct balloon_chunk *c = balloon_chunk_new();

	if (!c)
		return false;
	if (wanted > BALLOON_CHUNK)
		wanted = BALLOON_CHUNK;
	if (balloon_spare() < wanted)
		ask_for(b, wanted);
	fill(c, wanted);
	if (c->n && send_inflate(b, c) == 0) {
		virtqueue_kick(b->inflateq);
		return true;
	}
	release(b, c);
	balloon_chunk_drop(c);
	return false;
}

static void inflated(struct virtqueue *vq, void *token, uint32_t len)
{
	struct balloon *b = vq->spec.driver;
	struct balloon_chunk *c = token;
	irq_state s = spin_lock(&b->lock);

	(void)len;
	b->inflating = NULL;
	list_push_front(&b->held, &c->node);
	b->pages += c->n;
	b->stats.inflated += c->n;
	spin_unlock(&b->lock, s);
	balloon_wake(b);
}

/* --- and back --- */

/*
 * Without MUST_TELL_HOST whoever calls releases the pages, and drops the chunk then; the device has
 * its own share in it until it has read the numbers. NULL: nothing is held, or nobody can be told.
 */
static struct balloon_chunk *send_deflate(struct balloon *b)
{
	irq_state s = spin_lock(&b->lock);
	struct balloon_chunk *c = first_chunk(&b->held);
	bool later = virtio_has(b->dev, VIRTIO_BALLOON_F_MUST_TELL_HOST);

	if (c && virtqueue_add(b->deflateq, &(struct sg){ c->pfn, c->n * sizeof *c->pfn }, 1, 1, c))
		c = NULL;
	if (c) {
		list_remove(&c->node);
		list_push_back(&b->deflating, &c->node);
		b->pages -= c->n;
		b->stats.deflated += c->n;
		c->released = !later;
		atomic_fetch_add(&c->users, 1);
	}
	spin_unlock(&b->lock, s);
	return c;
}

/* Returns how many pages the host has no more, or will not have soon. */
static unsigned deflate(struct balloon *b)
{
	struct balloon_chunk *c = send_deflate(b);
	unsigned n;

	if (!c)
		return 0;
	n = c->n;
	virtqueue_kick(b->deflateq);
	if (!virtio_has(b->dev, VIRTIO_BALLOON_F_MUST_TELL_HOST))
		release(b, c);
	balloon_chunk_drop(c);
	return n;
}

static void deflated(struct virtqueue *vq, void *token, uint32_t len)
{
	struct balloon *b = vq->spec.driver;
	struct balloon_chunk *c = token;
	irq_state s;

	(void)len;
	if (!c->released)
		release(b, c);
	s = spin_lock(&b->lock);
	list_remove(&c->node);
	spin_unlock(&b->lock, s);
	balloon_chunk_drop(c);
	balloon_answered(b);
}

/* Makes the first chunk one of n pages. Without memory for that, too much comes back. */
static void split(struct balloon *b, unsigned n)
{
	struct balloon_chunk *part = balloon_chunk_new(), *c;
	irq_state s;

	if (!part)
		return;
	s = spin_lock(&b->lock);
	c = first_chunk(&b->held);
	if (c && c->n > n) {
		c->n -= n;
		memcpy(part->pfn, c->pfn + c->n, n * sizeof *c->pfn);
		part->n = n;
		list_push_front(&b->held, &part->node);
	}
	spin_unlock(&b->lock, s);
	if (list_empty(&part->node))
		balloon_chunk_drop(part);
}

static void deflate_by(struct balloon *b, uint64_t npages)
{
	while (npages) {
		uint64_t n;

		if (npages < BALLOON_CHUNK)
			split(b, (unsigned)npages);
		n = deflate(b);
		if (n == 0)
			break; /* goes on when something was answered */
		npages -= n < npages ? n : npages;
	}
}

/* --- for a want of memory --- */

/* Until the device has answered something since; false: it does not. */
static bool await(struct balloon *b, unsigned since)
{
	uint64_t deadline = clock_now_ns() + ANSWER_WAIT_NS;

	while (b->answers == since)
		if (futex_wait(&b->answers, since, deadline) == -ETIMEDOUT)
			return false;
	return true;
}

static void retry_later(struct balloon *b)
{
	b->retry_s = b->retry_s ? b->retry_s * 2 : 1;
	if (b->retry_s > RETRY_MAX_S)
		b->retry_s = RETRY_MAX_S;
	b->hold = true;
	timer_start(&b->retry, clock_now_ns() + b->retry_s * NS_PER_S);
}

static size_t give_pages(struct balloon *b, size_t npages)
{
	size_t given = 0, n;

	if (!virtio_has(b->dev, VIRTIO_BALLOON_F_DEFLATE_ON_OOM))
		return 0;
	while (given < npages && (n = deflate(b)))
		given += n;
	if (given) {
		b->stats.given += given;
		retry_later(b);
		balloon_wake(b);
	}
	return given;
}

static size_t give(struct memory_giver *giver, size_t npages)
{
	struct balloon *b = container_of(giver, struct balloon, giver);
	unsigned since = b->answers;
	size_t given;

	if (b->asker == thread_current() || !b->live)
		return 0;
	given = balloon_hint_give(b);
	if (given < npages)
		given += give_pages(b, npages - given);
	if (given && !virtio_has(b->dev, VIRTIO_BALLOON_F_MUST_TELL_HOST))
		return given;
	/* The device has some, or has to answer before it can be told of more. */
	if (list_empty(&b->deflating) && !b->units_out)
		return given;
	return await(b, since);
}

/* --- the balloon's target --- */

static void tell_actual(struct balloon *b)
{
	uint32_t actual = b->pages;

	if (actual == b->told)
		return;
	b->told = actual;
	b->dev->transport->config_write(b->dev, offsetof(struct virtio_balloon_config, actual),
					&actual, sizeof actual);
}

/* A new one is tried for at once. */
static void read_target(struct balloon *b)
{
	uint32_t target = virtio_config(b->dev, struct virtio_balloon_config, num_pages);

	if (target != b->target) {
		b->hold = false;
		b->retry_s = 0;
	}
	b->target = target;
}

void balloon_pages_work(struct balloon *b)
{
	read_target(b);
	if (b->target < b->pages)
		deflate_by(b, b->pages - b->target);
	else if (b->target > b->pages && !b->inflating && !b->hold &&
		 !inflate(b, b->target - b->pages))
		retry_later(b);
	tell_actual(b);
}

static void retry(struct timer *timer)
{
	struct balloon *b = container_of(timer, struct balloon, retry);

	b->hold = false;
	balloon_wake(b);
}

/* --- its life --- */

int balloon_pages_probe(struct balloon *b)
{
	struct virtqueue_spec spec = { .index = VIRTIO_BALLOON_INFLATEQ, .size = QUEUE_SIZE,
				       .no_lengths = true, .used = inflated, .driver = b };

	b->inflateq = virtio_queue(b->dev, &spec);
	spec.index = VIRTIO_BALLOON_DEFLATEQ;
	spec.used = deflated;
	b->deflateq = virtio_queue(b->dev, &spec);
	return b->inflateq && b->deflateq ? 0 : -ENXIO;
}

void balloon_pages_start(struct balloon *b)
{
	b->told = UINT32_MAX; /* what the device thinks that it has may be of before */
	b->hold = false;
	b->retry.fire = retry;
	if (b->giver.give)
		return;
	b->giver.name = b->name;
	b->giver.give = give;
	memory_giver_register(&b->giver);
}

/* The next chunk that the device had, off its list. */
static struct balloon_chunk *take_back(struct balloon *b)
{
	irq_state s = spin_lock(&b->lock);
	struct balloon_chunk *c = b->inflating;

	b->live = false;
	b->inflating = NULL;
	if (!c)
		c = first_chunk(&b->held);
	if (!c)
		c = first_chunk(&b->deflating);
	if (c)
		list_remove(&c->node);
	b->pages = 0;
	spin_unlock(&b->lock, s);
	return c;
}

void balloon_pages_remove(struct balloon *b)
{
	struct balloon_chunk *c;

	timer_stop(&b->retry);
	while ((c = take_back(b))) {
		if (!c->released)
			release(b, c);
		balloon_chunk_drop(c);
	}
}
