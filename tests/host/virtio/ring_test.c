/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtqueues of every format against the strict model: buffers of random shapes are added, come back in random order and
 * carry the right data. The device copies what it may read into what it may write.
 * Links: virtio/virtio.c virtio/virtqueue*.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio_model.c tests/host/model/ring*.c tests/host/model/direct_model.c
 */
#include "tests/host/model/virtio_model.h"
#include "kernel/log.h"
#include "virtio/virtio.h"
#include <errno.h>

#define BIT(n)     (1ull << (n))
#define INDIRECT   BIT(VIRTIO_F_INDIRECT_DESC)
#define EVENT_IDX  BIT(VIRTIO_F_EVENT_IDX)
#define PACKED     BIT(VIRTIO_F_RING_PACKED)
#define IN_ORDER   BIT(VIRTIO_F_IN_ORDER)
#define DATA       BIT(VIRTIO_F_NOTIFICATION_DATA)
#define RING_RESET BIT(VIRTIO_F_RING_RESET)
#define PIECES     6u

struct config {
	const char *name;
	bool legacy;
	uint64_t offered;
	uint16_t max, wanted, size; /* size: what it has to become */
};

static const struct config configs[] = {
	{ "split, plain", false, 0, 64, 64, 64 },
	{ "split, indirect", false, INDIRECT, 64, 64, 64 },
	{ "split, event index", false, EVENT_IDX, 64, 64, 64 },
	{ "split, both", false, INDIRECT | EVENT_IDX, 64, 64, 64 },
	{ "split, one entry", false, INDIRECT, 1, 64, 1 },
	{ "split, two entries", false, EVENT_IDX, 2, 64, 2 },
	{ "split, small", false, EVENT_IDX, 4, 64, 4 },
	{ "split, large", false, INDIRECT | EVENT_IDX, 1024, 1024, 1024 },
	{ "split, odd", false, INDIRECT, 100, 1024, 64 },
	{ "split, in order", false, IN_ORDER, 16, 64, 16 },
	{ "split, in order, event index", false, IN_ORDER | EVENT_IDX, 64, 64, 64 },
	{ "split, in order, indirect", false, IN_ORDER | INDIRECT, 8, 64, 8 },
	{ "split, in order, all", false, IN_ORDER | INDIRECT | EVENT_IDX | DATA, 32, 64, 32 },
	{ "split, notification data", false, DATA | EVENT_IDX, 16, 64, 16 },
	{ "split, everything", false, DATA | INDIRECT | EVENT_IDX | RING_RESET | BIT(VIRTIO_F_ORDER_PLATFORM), 128, 64, 64 },
	{ "packed, plain", false, PACKED, 64, 64, 64 },
	{ "packed, indirect", false, PACKED | INDIRECT, 64, 64, 64 },
	{ "packed, event index", false, PACKED | EVENT_IDX, 64, 64, 64 },
	{ "packed, both", false, PACKED | INDIRECT | EVENT_IDX, 64, 64, 64 },
	{ "packed, one entry", false, PACKED | INDIRECT, 1, 64, 1 },
	{ "packed, two entries", false, PACKED | EVENT_IDX, 2, 64, 2 },
	{ "packed, small", false, PACKED | EVENT_IDX, 4, 64, 4 },
	{ "packed, large", false, PACKED | INDIRECT | EVENT_IDX, 1024, 1024, 1024 },
	{ "packed, odd 3", false, PACKED | EVENT_IDX, 3, 1024, 3 },
	{ "packed, odd 5", false, PACKED | EVENT_IDX, 5, 1024, 5 },
	{ "packed, odd 7", false, PACKED | EVENT_IDX, 7, 1024, 7 },
	{ "packed, odd 100", false, PACKED | EVENT_IDX, 100, 1024, 100 },
	{ "packed, odd 1000", false, PACKED | EVENT_IDX, 1000, 1024, 1000 },
	{ "packed, odd indirect", false, PACKED | INDIRECT, 9, 1024, 9 },
	{ "packed, in order", false, PACKED | IN_ORDER, 16, 64, 16 },
	{ "packed, in order, event index", false, PACKED | IN_ORDER | EVENT_IDX, 64, 64, 64 },
	{ "packed, in order, indirect", false, PACKED | IN_ORDER | INDIRECT, 8, 64, 8 },
	{ "packed, in order, odd", false, PACKED | IN_ORDER | INDIRECT | EVENT_IDX | DATA, 37, 64, 37 },
	{ "packed, notification data", false, PACKED | DATA | EVENT_IDX, 16, 64, 16 },
	{ "packed, everything", false, PACKED | DATA | INDIRECT | EVENT_IDX | RING_RESET | BIT(VIRTIO_F_ORDER_PLATFORM), 128, 64, 64 },
	{ "legacy, plain", true, 0, 64, 16, 64 },
	{ "legacy, indirect", true, INDIRECT, 256, 16, 256 },
	{ "legacy, event index", true, EVENT_IDX, 128, 128, 128 },
	{ "legacy, both", true, BIT(VIRTIO_F_ANY_LAYOUT) | INDIRECT | EVENT_IDX, 8, 128, 8 },
	{ "legacy, largest", true, INDIRECT | EVENT_IDX, 1024, 64, 1024 },
};

static const struct config *config;

/* --- the device --- */

static struct model_virtio m;
static struct model_chain held[MODEL_RING];
static unsigned nheld, batches;

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

/* What the device may read goes into what it may write. */
static uint32_t work(const struct model_chain *c)
{
	static uint8_t data[PIECES * 256];
	uint64_t len = c->readable_bytes < c->writable_bytes ? c->readable_bytes : c->writable_bytes;

	model_chain_read(c, 0, data, len);
	model_chain_write(c, 0, data, len);
	return (uint32_t)len;
}

static void release_any(void)
{
	unsigned i = chance(nheld);

	model_ring_push(&m, 0, &held[i], work(&held[i]));
	held[i] = held[--nheld];
}

/* The oldest n; those the ring does not tell of have to be written to the end. */
static void release_batch(unsigned n)
{
	unsigned done = 0;

	for (; done + 1 < n && held[done].readable_bytes >= held[done].writable_bytes; done++) {
		work(&held[done]);
		model_ring_skip(&m, 0, &held[done]);
	}
	if (done)
		batches++;
	model_ring_push(&m, 0, &held[done], work(&held[done]));
	nheld -= ++done;
	memmove(held, held + done, nheld * sizeof(held[0]));
}

static void release(unsigned n)
{
	while (n && nheld) {
		if (model_accepted(&m, VIRTIO_F_IN_ORDER)) {
			release_batch(n < nheld ? n : nheld);
			return;
		}
		release_any();
		n--;
	}
}

static void forget_queue(struct model_virtio *v, unsigned queue)
{
	(void)v, (void)queue;
	nheld = 0;
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
	m.queue_reset = forget_queue;
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
	unsigned rounds = config->size > 128 ? 200 : 2000;

	boot();
	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned n = chance(2 + config->size / 4); n && add(); n--)
			;
		virtqueue_kick(vq);
		model_run();
		CHECK_EQ(nheld, in_flight);
		release(chance(2 + config->size / 4));
		m.poll_mode = chance(4) == 0;
		model_ring_wait(&m, 0);
	}
	while (nheld)
		release(nheld);
	CHECK_EQ(in_flight, 0);
	CHECK_EQ(m.resets, 1);
	CHECK_EQ(m.accepted, m.offered);
	if ((config->offered & IN_ORDER) && config->size > 4 && batches > 20)
		model_shows("FACT-08");
	CHECK(returned > rounds / 4);
	/* The model leaves a decoy wherever the driver is not to look. */
	if (config->offered & PACKED)
		model_shows("FACT-07");
	else
		model_shows(config->offered & EVENT_IDX ? "SPLIT-23" : "SPLIT-20");
	if (test_failures)
		fprintf(stderr, "with %s\n", config->name);
}

TEST(buffers_come_and_go_in_every_format)
{
	for (config = configs; config < configs + sizeof(configs) / sizeof(configs[0]); config++)
		model_in_new_machine(buffers_come_and_go);
}

/* --- a queue alone --- */

static void reclaimed(struct virtqueue *queue, void *token)
{
	struct buffer *b = token;

	CHECK(queue == vq && b->busy);
	b->busy = false;
	in_flight--;
}

static void fill_and_reset(void)
{
	while (add())
		;
	virtqueue_kick(vq);
	if (chance(2))
		model_run();
	CHECK_EQ(virtqueue_reset(vq, reclaimed), 0);
	CHECK_EQ(in_flight, 0);
}

static void resets_a_queue(void)
{
	boot();
	for (unsigned i = 0; i < 20; i++) {
		fill_and_reset();
		for (unsigned n = 1 + chance(3); n && add(); n--)
			;
		virtqueue_kick(vq);
		model_run();
		CHECK_EQ(nheld, in_flight);
		release(nheld);
		CHECK_EQ(in_flight, 0);
	}
	CHECK_EQ(m.resets, 1);
	model_shows("VQR-02"); /* what it had was freed, and it did not touch it: AddressSanitizer watches */
}

static const struct config *named(const char *name)
{
	for (const struct config *c = configs; c < configs + sizeof(configs) / sizeof(configs[0]); c++)
		if (strcmp(c->name, name) == 0)
			return c;
	test_fail(__FILE__, __LINE__, name);
	return configs;
}

TEST(queue_reset)
{
	config = named("split, everything");
	model_in_new_machine(resets_a_queue);
	config = named("packed, everything");
	model_in_new_machine(resets_a_queue);
}

/* The device has to be recovered: until then nobody may take a buffer back (2.6.1.1.2). */
static void queue_reset_does_not_end(void)
{
	boot();
	CHECK(add() && add());
	virtqueue_kick(vq);
	m.fault.queue_never_resets = true;
	CHECK_EQ(virtqueue_reset(vq, reclaimed), -EIO);
	CHECK_EQ(in_flight, 2);
	model_run();
	CHECK_EQ(m.resets, 3);
	model_shows("VQR-01");
}

TEST(queue_that_does_not_end_its_reset)
{
	config = named("packed, everything");
	model_in_new_machine(queue_reset_does_not_end);
}

static void no_queue_reset(void)
{
	boot();
	CHECK_EQ(virtqueue_reset(vq, reclaimed), -ENOTSUP);
}

TEST(queue_reset_not_offered)
{
	config = named("split, both");
	model_in_new_machine(no_queue_reset);
}

/* --- addresses --- */

#define PLATFORM (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ACCESS_PLATFORM))

static void platform_addresses(void)
{
	boot();
	m.offered = PLATFORM;
	CHECK_EQ(model_direct_add(&m), 0);
	CHECK(model_accepted(&m, VIRTIO_F_ACCESS_PLATFORM));
	model_shows("RESV-03");
	CHECK(add());
	virtqueue_kick(vq);
	model_run();
	CHECK_EQ(nheld, 1);
	release(1);
	CHECK_EQ(returned, 1);
	model_shows("RESV-05"); /* the model reads and writes where the driver's memory is */
}

static void behind_an_iommu(void)
{
	model_virtio_init(&m, VIRTIO_ID_9P, 1, config->max);
	m.offered = PLATFORM;
	model_iommu = true;
	CHECK_EQ(model_direct_add(&m), -ENOTSUP);
	CHECK(m.status & VIRTIO_STATUS_FAILED);
	CHECK(shim_log_has("behind an IOMMU"));
	model_shows("RESV-04");
}

TEST(access_platform)
{
	config = named("split, plain");
	model_in_new_machine(platform_addresses);
	model_in_new_machine(behind_an_iommu);
}

/* --- sizes --- */

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
