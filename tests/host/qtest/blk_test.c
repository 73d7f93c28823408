/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block driver and QEMU's disk, whose image is a file that the test looks into.
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c kernel/timer.c
 * Links: tests/host/qtest/client.c tests/host/qtest/qemu.c tests/host/qtest/memory.c tests/host/qtest/pages.c tests/host/qtest/machine.c tests/host/qtest/firmware.c
 * Links: tests/host/qtest/image.c tests/host/model/work.c tests/host/model/rule.c
 */
#include "kernel/blkdev.h"
#include "kernel/heap.h"
#include "tests/host/qtest/image.h"
#include "tests/host/qtest/machine.h"
#include "virtio/virtio.h"
#include <errno.h>

static struct image image;

static struct blkdev *boot(const char *options)
{
	image_make(&image, IMAGE_SECTORS);
	machine_add_virtio("blk", options);
	machine_boot();
	return blkdev_find("vda");
}

/* It is driven by the interface, and over the ring, that the way is about. */
static void check_way(void)
{
	CHECK(virtio_legacy(virtio_devices) == machine_way->legacy);
	CHECK(virtio_has(virtio_devices, VIRTIO_F_RING_PACKED) == machine_way->packed);
}

EACH_WAY_TEST(reads_and_writes)
{
	struct blkdev *disk = boot("drive=disk,serial=thimble-1");

	check_way();
	CHECK_EQ(disk->sectors, IMAGE_SECTORS);
	UNTIL(strcmp(disk->serial, "thimble-1") == 0);
	for (unsigned i = 1; i <= 300; i += 23) {
		image_check_read(&image, disk, i, i);
		image_check_write(&image, disk, 3 * i, i);
	}
	image_check_read(&image, disk, 0, IMAGE_SECTORS);
	CHECK_EQ(blk_read(disk, IMAGE_SECTORS, image.buffer, 512), -EINVAL);
}

TEST_MAIN
