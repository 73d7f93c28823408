/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entropy driver and QEMU's entropy device.
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c kernel/timer.c
 * Links: tests/host/qtest/client.c tests/host/qtest/qemu.c tests/host/qtest/memory.c tests/host/qtest/pages.c tests/host/qtest/machine.c tests/host/qtest/firmware.c
 * Links: tests/host/model/work.c tests/host/model/rule.c
 */
#include "tests/host/qtest/machine.h"
#include "kernel/random.h"

static uint8_t bytes[4096];
static size_t nbytes;
static struct random_source *source;

void random_add(const void *buf, size_t len, unsigned bits)
{
	CHECK_EQ(bits, len * 8);
	memcpy(bytes + nbytes, buf, len);
	nbytes += len;
}

void random_source_register(struct random_source *s)
{
	source = s;
}

static void boot(const char *more_options)
{
	char options[80];

	snprintf(options, sizeof options, "rng=chance%s", more_options);
	qemu_add("-object rng-builtin,id=chance");
	machine_add_virtio("rng", options);
	machine_boot();
}

static bool all_the_same(const uint8_t *at, size_t len)
{
	return memcmp(at, at + 1, len - 1) == 0;
}

/* How many there are, QEMU says; what they are, nobody knows, but not one and the same 64 times. */
EACH_WAY_TEST(gives_bytes)
{
	boot("");
	UNTIL(nbytes == 64);
	CHECK(!all_the_same(bytes, 64));
	source->ask(source);
	UNTIL(nbytes == 128);
	CHECK(memcmp(bytes, bytes + 64, 64) != 0);
}

TEST_MAIN
