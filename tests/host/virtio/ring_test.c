/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtqueues of every format against the strict model: buffers of random shapes are added, come back in random order and
 * carry the right data. The device copies what it may read into what it may write.
 * Links: virtio/virtio.c virtio/virtqueue*.c kernel/mutex.c kernel/sg.c tests/host/model/bus.c tests/host/model/machine.c tests/host/model/rule.c
 * Links: tests/host/model/virtio_model.c tests/host/model/ring*.c tests/host/model/direct_model.c
 */
#include "tests/host/model/virtio_model.h"
#include "kernel/log.h"
#include "virtio/virtio.h"
#include <errno.h>

#define BIT(n)     (1ull << (n))
#define INDIRECT   BIT(VIRTIO_F_INDIRECT_DESC)
#define EVENT_IDX  BIT(VIRTIO_F_EVENT_IDX)
#define PIECES     6u
#define ROUNDS     3000u

struct config {
	const char *name;
	bool legacy;
	uint64_t offered;
	uint16_t max, wanted, size; /* size: what it has to become */
};

static const struct config configs[] = {
	{ "split, plain",         false, 0,                    64,   64,   64 },
	{ "split, indirect",      false, INDIRECT,             64,   64,   64 },
	{ "split, event index",   false, EVENT_IDX,            64,   64,   64 },
	{ "split, both",          false, INDIRECT | EVENT_IDX, 64,   64,   64 },
	{ "split, smallest",      false, EVENT_IDX,            4,    64,   4 },
	{ "split, one entry",     false, INDIRECT,             1,    64,   1 },
	{ "split, largest",       false, INDIRECT | EVENT_IDX, 1024, 1024, 1024 },
	{ "split, odd",           false, INDIRECT,             100,  1024, 64 },
	{ "legacy, plain",        true,  0,                    64,   16,   64 },
	{ "legacy, indirect",     true,  INDIRECT,             256,  16,   256 },
	{ "legacy, event index",  true,  EVENT_IDX,            128,  128,  128 },
	{ "legacy, both",         true,  BIT(VIRTIO_F_ANY_LAYOUT) | INDIRECT | EVENT_IDX, 8,    128,  8 },
	{ "legacy, largest",      true,  INDIRECT | EVENT_IDX, 1024, 64,   1024 },
};

static const struct config *config;

/* --- the device --- */

static struct model_virtio m;
static struct model_chain held[MODEL_RING];
static unsigned nheld;

static void answer(const struct model_chain *c)
{
	static uint8_t data[PIECES * 256];
	uint64_t len = c->readable_bytes < c->writable_bytes ? c->readable_bytes : c->writable_bytes;

	model_chain_read(c, 0, data, len);
	model_chain_write(c, 0, data, len);
	model_ring_push(&m, 0, c, (uint32_t)len);
}

static void serve(struct model_virtio *v, unsigned queue, struct model_chain *c)
{
	(void)v, (void)queue;
	held[nheld++] = *c;
}

static unsigned chance(unsigned n)
{
	static uint64_t state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 20) % n;
}

/* Some of what is held, in any order. */
static void release(unsigned n)
{
	while (n-- && nheld) {
		unsigned i = chance(nheld);

		answer(&held[i]);
		held[i] = held[--nheld];
	}
}

static void forget(struct model_virtio *v)
{
	(void)v;
	nheld = 0;
}

/* --- the driver --- */

struct buffer {
	bool busy;
	unsigned npieces, readable;
	uint8_t in[PIECES][256], out[PIECES][256];
	uint32_t in_len, out_len;
	struct sg sg[PIECES];
};

static struct virtqueue *vq;
static struct buffer buffers[MODEL_RING + 1];
static unsigned in_flight, returned;

static void shape(struct buffer *b, uint16_t ring)
{
	unsigned max = ring < PIECES ? ring : PIECES;

	b->npieces = 1 + chance(max);
	b->readable = chance(b->npieces + 1);
	b->in_len = b->out_len = 0;
	for (unsigned i = 0; i < b->npieces; i++) {
		uint32_t len = 1 + chance(256);

		b->sg[i] = (struct sg){ i < b->readable ? b->in[i] : b->out[i], len };
		memset(b->sg[i].addr, i < b->readable ? (int)chance(256) : 0, len);
		*(i < b->readable ? &b->in_len : &b->out_len) += len;
	}
}

static uint8_t byte_at(const struct buffer *b, unsigned piece, uint32_t at)
{
	for (; at >= b->sg[piece].len; piece++)
		at -= b->sg[piece].len;
	return ((uint8_t *)b->sg[piece].addr)[at];
}

static void used(struct virtqueue *queue, void *token, uint32_t len)
{
	struct buffer *b = token;

	(void)queue;
	CHECK(b->busy);
	CHECK_EQ(len, b->in_len < b->out_len ? b->in_len : b->out_len);
	for (uint32_t i = 0; i < len; i++)
		if (byte_at(b, b->readable, i) != byte_at(b, 0, i))
			test_fail(__FILE__, __LINE__, "wrong data came back");
	b->busy = false;
	in_flight--;
	returned++;
}

static int probe(struct virtio_device *dev)
{
	dev->name = "ring0";
	vq = virtio_queue(dev, &(struct virtqueue_spec){ .size = config->wanted, .pieces = PIECES, .used = used });
	return vq ? 0 : -ENXIO;
}

static void start(struct virtio_device *dev)
{
	(void)dev;
}

static void removed(struct virtio_device *dev)
{
	(void)dev;
}

static const struct virtio_feature features[] = { { 0 } };
static const struct virtio_driver driver = {
	.name = "ring", .id = VIRTIO_ID_9P, .features = features, .probe = probe, .start = start, .remove = removed,
};
VIRTIO_DRIVER(driver);

static void boot(void)
{
	model_virtio_init(&m, VIRTIO_ID_9P, 1, config->max);
	m.legacy = config->legacy;
	m.offered = config->offered | (m.legacy ? 0 : BIT(VIRTIO_F_VERSION_1));
	m.serve = serve;
	m.reset = forget;
	CHECK_EQ(model_direct_add(&m), 0);
	CHECK_EQ(m.queue[0].size, config->size);
}

static struct buffer *idle_buffer(void)
{
	struct buffer *b = buffers;

	while (b->busy)
		b++;
	return b;
}

/* False: the ring is full. */
static bool add(void)
{
	struct buffer *b = idle_buffer();
	int error;

	shape(b, config->size);
	error = virtqueue_add(vq, b->sg, b->npieces, b->readable, b);
	if (error) {
		CHECK_EQ(error, -ENOSPC);
		CHECK(in_flight > 0);
		return false;
	}
	b->busy = true;
	in_flight++;
	return true;
}

static void buffers_come_and_go(void)
{
	boot();
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned n = chance(2 + config->size / 4); n && add(); n--)
			;
		virtqueue_kick(vq);
		model_run();
		CHECK_EQ(nheld, in_flight);
		release(chance(2 + config->size / 4));
		m.poll_mode = chance(4) == 0;
		model_ring_wait(&m, 0);
	}
	release(nheld);
	CHECK_EQ(in_flight, 0);
	CHECK_EQ(m.resets, 1);
	CHECK(returned > ROUNDS / 4);
	if (test_failures)
		fprintf(stderr, "with %s\n", config->name);
}

TEST(buffers_come_and_go_in_every_format)
{
	for (config = configs; config < configs + sizeof(configs) / sizeof(configs[0]); config++)
		model_in_new_machine(buffers_come_and_go);
}

/* A legacy device has one size, and a size that is no power of two makes no split ring. */
static void refuses_an_odd_size(void)
{
	model_virtio_init(&m, VIRTIO_ID_9P, 1, 100);
	m.legacy = true;
	m.offered = 0;
	CHECK_EQ(model_direct_add(&m), -ENXIO);
	CHECK(shim_log_has("queue 0 has an odd size"));
}

TEST(odd_legacy_size)
{
	config = &configs[0];
	model_in_new_machine(refuses_an_odd_size);
}

TEST_MAIN
