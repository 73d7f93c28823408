/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entropy driver, and a device that does whatever the input says: no byte is taken for random that the device did
 * not say it wrote, and when it is honest again it is asked and believed.
 *
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/fuzz/virtio_steer.c
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/rng*.c
 */
#include "tests/fuzz/virtio_steer.h"
#include "kernel/pci.h"
#include "kernel/random.h"

static struct model_rng *rngs[16];
static struct random_source *sources[16];
static unsigned nsources;
static size_t added;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

void random_add(const void *buf, size_t len, unsigned bits)
{
	for (size_t i = 0; i < len; i++)
		added += ((const uint8_t *)buf)[i] != 0 || 1; /* has to be there */
	steer_check(bits <= 8 * len, "more is credited than was got");
}

void random_source_register(struct random_source *source)
{
	sources[nsources++] = source;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	model_power_on();
	model_bus_use_ecam();
	for (unsigned i = 0; i < steer_variant_count; i++) {
		rngs[i] = model_rng_new();
		steer_plug(&rngs[i]->v, i);
	}
	pci_init();
	model_run();
	steer_check(nsources == steer_variant_count, "a device is missing");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct steer s = { data, data + len };
	unsigned which = steer_byte(&s) % steer_variant_count;
	struct model_rng *r = rngs[which];
	size_t before;

	while (steer_more(&s)) {
		switch (steer_byte(&s) % 4) {
		case 0: sources[which]->ask(sources[which]); break;
		case 1: r->give = steer_byte(&s) % 65u; break;
		default: steer_device(&s, &r->v);
		}
	}
	r->give = 64;
	steer_to_rest(&r->v);
	before = added;
	sources[which]->ask(sources[which]);
	model_run();
	steer_check(added == before + 64, "the device is not asked, or not believed, any more");
	return 0;
}
