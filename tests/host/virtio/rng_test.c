/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entropy driver against a strict model device.
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/rng*.c
 */
#include "tests/host/model/virtio_model.h"
#include "kernel/pci.h"
#include "kernel/random.h"

static size_t added, bits;
static struct random_source *source;
static unsigned registered;

void random_add(const void *buf, size_t len, unsigned vouched)
{
	for (size_t i = 0; i < len; i++)
		CHECK_EQ(((const uint8_t *)buf)[i], 0x5a); /* nothing but what the device wrote */
	added += len;
	bits += vouched;
}

void random_source_register(struct random_source *s)
{
	source = s;
	registered++;
}

int random_seeded(void)
{
	return bits >= 256;
}

static struct model_rng *boot(uint32_t give)
{
	struct model_rng *r = model_rng_new();

	r->give = give;
	model_bus_use_ecam();
	model_pci_plug(&r->v);
	pci_init();
	CHECK_EQ(added, 0); /* boot does not wait for it */
	model_run();
	return r;
}

RING_TEST(asks_once_and_when_asked)
{
	struct model_rng *r = boot(64);

	CHECK_EQ(added, 64);
	CHECK_EQ(bits, 512);
	model_run();
	CHECK_EQ(r->requests, 1);
	source->ask(source);
	model_run();
	CHECK_EQ(r->requests, 2);
	CHECK_EQ(added, 128);
}

RING_TEST(short_answers)
{
	struct model_rng *r = boot(5);

	CHECK_EQ(added, 35); /* asked again until that is enough */
	CHECK_EQ(bits, 280);
	for (unsigned i = 0; i < 20; i++) {
		source->ask(source);
		model_run();
	}
	CHECK_EQ(r->requests, 27);
	CHECK_EQ(added, 135);
	model_shows("RNG-02");
}

RING_TEST(no_answer)
{
	struct model_rng *r = boot(0);

	for (unsigned i = 0; i < 20; i++) {
		source->ask(source);
		model_run();
	}
	CHECK_EQ(r->requests, 1); /* one buffer, which the device has */
	CHECK_EQ(added, 0);
}

RING_TEST(empty_answer)
{
	struct model_rng *r = boot(0);

	model_ring_push(&r->v, 0, &r->held, 0);
	CHECK_EQ(added, 0);
	r->give = 64;
	source->ask(source);
	model_run();
	CHECK_EQ(added, 64);
}

RING_TEST(too_long_an_answer)
{
	struct model_rng *r = boot(0);

	r->v.fault.used = USED_LEN_TOO_LONG;
	model_ring_push(&r->v, 0, &r->held, 64);
	r->give = 64;
	model_run();
	CHECK_EQ(r->v.resets, 3);
	CHECK_EQ(added, 64); /* asked again by itself */
	CHECK_EQ(registered, 1);
}

RING_TEST(gone)
{
	struct model_rng *r = boot(64);

	r->v.fault.never_resets = true;
	model_needs_reset(&r->v);
	model_run();
	source->ask(source);
	model_run();
	CHECK_EQ(added, 64);
}

TEST_MAIN
