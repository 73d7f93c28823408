/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Free page hints (VIRTIO 1.4, 5.5.6.5): when the host is about to copy the machine's memory, it
 * asks which of it is free and need not be copied. It gets free units, which nobody else has until
 * it is done, as what is written into them before may get lost.
 *
 * The dialogue: the host raises its command; we answer with that command, with units, and with STOP
 * when there are no more; the host says STOP when it wants no more, and DONE at the end.
 */
#include "virtio/virtio_balloon.h"
#include "kernel/list.h"
#include <errno.h>
#include <string.h>

#define QUEUE_SIZE 64u
#define UNIT_BYTES (PAGE_UNIT * PAGE_SIZE) /* chunks note units here, not pages, by number */

static int send_word(struct balloon *b, uint32_t *word)
{
	return virtqueue_add(b->hintq, &(struct sg){ word, sizeof *word }, 1, 1, word);
}

/* Where the next unit is noted; NULL: no memory for that. */
static struct balloon_chunk *note(struct balloon *b)
{
	struct list *first = b->hinted.next;
	struct balloon_chunk *c = container_of(first, struct balloon_chunk, node);

	if (first != &b->hinted && c->n < BALLOON_CHUNK)
		return c;
	c = balloon_chunk_new();
	if (c)
		list_push_front(&b->hinted, &c->node);
	return c;
}

/* Under the lock: what is hinted may be taken away meanwhile, for a want of memory. */
static int add_unit(struct balloon *b, void *unit)
{
	irq_state s = spin_lock(&b->lock);
	struct balloon_chunk *c = note(b);
	int error = -ENOMEM;

	if (c)
		error = virtqueue_add(b->hintq, &(struct sg){ unit, UNIT_BYTES }, 1, 0, unit);
	if (!error) {
		c->pfn[c->n++] = (uint32_t)((uintptr_t)unit / UNIT_BYTES);
		b->hints_out++;
	}
	spin_unlock(&b->lock, s);
	return error;
}

static int send_unit(struct balloon *b)
{
	void *unit = balloon_spare() > PAGE_UNIT ? page_take_stale() : NULL;
	int error = unit ? add_unit(b, unit) : -ENODATA;

	if (error && unit)
		page_free(unit, PAGE_UNIT);
	return error;
}

/* As long as the ring takes them; goes on when the device has used some. */
static void supply(struct balloon *b)
{
	int error;

	do {
		error = send_unit(b);
		b->stats.hinted += error ? 0 : PAGE_UNIT;
	} while (!error);
	if (error != -ENOSPC && send_word(b, &b->hint_stop) == 0)
		b->hinting = false;
	virtqueue_kick(b->hintq);
}

/* The units are the allocator's again. clear: the host is not done, so they have to be written. */
static size_t release_all(struct balloon *b, bool clear)
{
	struct list *node;
	size_t n = 0;

	for (;;) {
		irq_state s = spin_lock(&b->lock);
		struct balloon_chunk *c;

		node = b->hints_out ? NULL : list_pop_front(&b->hinted);
		spin_unlock(&b->lock, s);
		if (!node)
			return n;
		c = container_of(node, struct balloon_chunk, node);
		for (unsigned i = 0; i < c->n; i++) {
			void *unit = (void *)(c->pfn[i] * UNIT_BYTES);

			page_free(clear ? memset(unit, 0, UNIT_BYTES) : unit, PAGE_UNIT);
		}
		n += c->n * PAGE_UNIT;
		balloon_chunk_drop(c);
	}
}

static void used(struct virtqueue *vq, void *token, uint32_t len)
{
	struct balloon *b = vq->spec.driver;
	irq_state s;

	(void)len;
	if (token == &b->hint_start || token == &b->hint_stop)
		return;
	s = spin_lock(&b->lock);
	b->hints_out--;
	spin_unlock(&b->lock, s);
	balloon_wake(b);
}

/* 5.5.6.5.1: one buffer with the command, before all others. */
static void obey(struct balloon *b, uint32_t command)
{
	if (command > VIRTIO_BALLOON_CMD_ID_DONE) {
		b->hint_start = command;
		b->hinting = send_word(b, &b->hint_start) == 0;
	} else {
		b->hinting = false;
	}
	b->command = command;
}

void balloon_hint_work(struct balloon *b)
{
	uint32_t command;

	if (!virtio_has(b->dev, VIRTIO_BALLOON_F_FREE_PAGE_HINT))
		return;
	command = virtio_config(b->dev, struct virtio_balloon_config, free_page_hint_cmd_id);
	if (command != b->command)
		obey(b, command);
	if (b->hinting)
		supply(b);
	if (b->command == VIRTIO_BALLOON_CMD_ID_DONE)
		release_all(b, false);
}

size_t balloon_hint_give(struct balloon *b)
{
	return release_all(b, true);
}

int balloon_hint_probe(struct balloon *b)
{
	if (!virtio_has(b->dev, VIRTIO_BALLOON_F_FREE_PAGE_HINT))
		return 0;
	b->command = VIRTIO_BALLOON_CMD_ID_STOP;
	b->hintq = virtio_queue(b->dev, &(struct virtqueue_spec){
		.index = VIRTIO_BALLOON_FREE_PAGE_VQ, .size = QUEUE_SIZE, .no_lengths = true,
		.used = used, .driver = b });
	return b->hintq ? 0 : -ENXIO;
}

void balloon_hint_remove(struct balloon *b)
{
	b->hinting = false;
	b->hints_out = 0;
	release_all(b, false);
}
