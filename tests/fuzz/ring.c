/* SPDX-License-Identifier: BSD-2-Clause */
/* See ring.h. The device's life cycle is not run: it is live from the start, and reset when it broke a rule. */
#include "tests/fuzz/ring.h"
#include "kernel/clock.h"
#include "tests/host/shim.h"
#include <errno.h>
#include <string.h>

#define ENTRIES   64
#define TOKENS    256
#define PIECES    8

static struct token {
	uint32_t writable, given;  /* given: what an honest device says */
	bool with_device, served;
} tokens[TOKENS];
static unsigned next_token, with_device;

static struct virtio_device device;
static struct virtio_transport transport;
static struct virtqueue *queue;
static const struct ring_format *format;
static struct steer input;
static uint16_t offered_size;
static bool liar;                      /* wrote bytes of its own: nothing but safety can be expected */
static uint16_t held[ENTRIES];       /* ids the honest device has taken and not given back */
static unsigned nheld;

/* --- what the core expects of a device --- */

void virtio_device_broken(struct virtio_device *dev, const char *why)
{
	(void)why;
	steer_check(liar, "an honest device was found broken");
	dev->broken = true;
}

static uint16_t queue_max(struct virtio_device *dev, uint16_t index)
{
	(void)dev, (void)index;
	return offered_size;
}

static int queue_enable(struct virtio_device *dev, struct virtqueue *vq)
{
	(void)dev, (void)vq;
	return 0;
}

static void queue_notify(struct virtqueue *vq)
{
	(void)virtqueue_notification(vq);
}

static int queue_reset(struct virtqueue *vq)
{
	(void)vq;
	return 0;
}

/* --- the driver --- */

static void back(struct token *t)
{
	steer_check(t >= tokens && t < tokens + TOKENS && t->with_device, "a token came back that was not out");
	t->with_device = false;
	with_device--;
}

static void used(struct virtqueue *vq, void *token, uint32_t len)
{
	struct token *t = token;

	(void)vq;
	back(t);
	steer_check(len <= t->writable, "more was written than there is room for");
	steer_check(liar || (t->served && len == t->given), "the device said something else");
}

static void returned(struct virtqueue *vq, void *token)
{
	(void)vq;
	back(token);
}

static struct token *free_token(void)
{
	for (unsigned i = 0; i < TOKENS; i++) {
		struct token *t = &tokens[next_token++ % TOKENS];

		if (!t->with_device)
			return t;
	}
	return NULL;
}

static void add(unsigned how)
{
	static uint8_t memory[PIECES][4096];
	struct token *t = free_token();
	unsigned n = how % PIECES + 1, readable = steer_byte(&input) % (n + 1);
	struct sg sg[PIECES];
	int error;

	if (!t)
		return;
	*t = (struct token){ 0 };
	for (unsigned i = 0; i < n; i++) {
		sg[i] = (struct sg){ memory[i], 1u + steer_byte(&input) * 16u };
		t->writable += i >= readable ? sg[i].len : 0;
	}
	error = virtqueue_add(queue, sg, n, readable, t);
	steer_check(error == 0 || error == -ENOSPC || (error == -EINVAL && n > queue->size) || (error == -EIO && queue->broken),
		    "a buffer is refused for no reason");
	t->with_device = error == 0;
	with_device += error == 0;
}

static void check_counts(void)
{
	steer_check(queue->in_flight == with_device, "buffers are lost");
	steer_check(queue->num_free <= queue->size, "more descriptors are free than there are");
}

/* --- the device --- */

static void scribble(void)
{
	size_t len, at;
	uint8_t *area = format->area(queue, &len);
	unsigned n = steer_byte(&input) % 24u + 1;

	liar = true;
	at = steer_word(&input) % len;
	while (n-- && at < len)
		area[at++] = steer_byte(&input);
}

static void take(void)
{
	int id = nheld < queue->size ? format->take(queue) : -1;

	if (id >= 0)
		held[nheld++] = (uint16_t)id;
}

/* Any of them, or the oldest where order was agreed on. */
static void give(void)
{
	unsigned i = nheld ? steer_byte(&input) % nheld : 0;
	struct token *t;

	if (!nheld)
		return;
	if (queue->in_order)
		i = 0;
	t = queue->tokens[held[i]].token;
	steer_check(t && t->with_device, "the device was given a buffer that is none");
	t->given = t->writable ? steer_word(&input) % (t->writable + 1) : 0;
	t->served = true;
	format->give(queue, held[i], t->given);
	memmove(held + i, held + i + 1, (--nheld - i) * sizeof held[0]);
}

static void serve(unsigned n)
{
	while (n-- && !liar) {
		take();
		give();
	}
}

static void reset(void)
{
	device.broken = false;
	steer_check(virtqueue_reset(queue, returned) == 0, "the queue does not come back from its reset");
	steer_check(with_device == 0, "a reset keeps buffers");
	steer_check(queue->num_free == queue->size, "a reset keeps descriptors");
	liar = false;
	nheld = 0;
	format->restart();
}

static void one(unsigned what)
{
	switch (what % 8) {
	case 0: case 1: add(what / 8); break;
	case 2: virtqueue_kick(queue); break;
	case 3: virtqueue_drain(queue, what / 8 ? what / 8 : VIRTQUEUE_ALL); break;
	case 4: serve(what / 8 % 8 + 1); break;
	case 5: if (!liar) { take(); take(); } break;
	case 6: if (what & 0x80) scribble(); else if (!liar) give(); break;
	default:
		if (what & 0x80)
			reset();
		else if (what & 0x40)
			virtqueue_silence(queue);
		else if (what & 0x20)
			virtqueue_arm(queue);
		else
			virtqueue_interrupt(queue);
	}
	check_counts();
}

/* An honest device serves what is left, and a ring that was reset works. */
static void check_works(void)
{
	reset();
	for (unsigned i = 0; i < queue->size + PIECES; i++) {
		add(i);
		virtqueue_kick(queue);
		take();
		give();
		steer_check(virtqueue_drain(queue, VIRTQUEUE_ALL) == 1 || queue->size < PIECES, "a buffer did not come back");
	}
	reset();
}

static void start(void)
{
	unsigned features = steer_byte(&input), size = steer_byte(&input) % ENTRIES + 1;

	transport = (struct virtio_transport){ .name = "direct", .queue_max = queue_max, .queue_enable = queue_enable,
					       .queue_notify = queue_notify, .queue_reset = queue_reset };
	device = (struct virtio_device){ .transport = &transport, .where = "here", .name = "here", .live = true };
	device.features = format->features | VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_RING_RESET);
	device.features |= features & 1 ? VIRTIO_BIT(VIRTIO_F_EVENT_IDX) : 0;
	device.features |= features & 2 ? VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) : 0;
	device.features |= features & 4 ? VIRTIO_BIT(VIRTIO_F_IN_ORDER) : 0;
	device.features |= features & 8 ? VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA) : 0;
	offered_size = (uint16_t)(format->any_size ? size : 1u << size % 7);
	queue = virtio_queue(&device, &(struct virtqueue_spec){ .size = ENTRIES, .pieces = features >> 4 & 7, .used = used, .silent = features >> 7 });
	steer_check(queue && queue->size == offered_size, "there is no queue");
	memset(tokens, 0, sizeof tokens);
	with_device = nheld = 0;
	liar = false;
	format->restart();
}

static void end(void)
{
	free(queue->ring);
	free(queue->tokens);
	free(queue->indirect);
	free(queue);
}

int ring_fuzz(const struct ring_format *f, const uint8_t *data, size_t len)
{
	input = (struct steer){ data, data + len };
	format = f;
	start();
	while (steer_more(&input))
		one(steer_byte(&input));
	check_works();
	end();
	return 0;
}
