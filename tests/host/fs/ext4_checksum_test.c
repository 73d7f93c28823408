/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With metadata_csum no changed metadata goes unnoticed: whatever bit is flipped, there is an
 * error, or else everything is as it was.
 */
// Links: fs/*.c kernel/wait.c fs/ext4/*.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c tests/host/fs/image.c tests/host/fs/specimen.c tests/host/fs/tree.c
#include "tests/host/fs/specimen.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"

static bool unnoticed(struct disk *d, size_t at, uint8_t mask, const struct walk *good)
{
	struct walk w;

	d->bytes[at] ^= mask;
	w = try_disk(d);
	d->bytes[at] ^= mask;
	return w.errors == 0 && w.digest != good->digest;
}

/*
 * Every byte of the first KiB that matter (superblock, descriptors, inodes, directories follow each
 * other there), then others at random.
 */
TEST(every_flip_is_noticed)
{
	struct disk *d;
	struct walk good;
	uint32_t x = 1;
	unsigned missed = 0;

	make_specimens();
	d = disk_of_memory(with_csum.bytes, with_csum.len);
	good = try_disk(d);
	CHECK_EQ(good.errors, 0);
	CHECK(good.entries > 130);
	for (size_t at = 1024; at < 1024 * 3; at += 2)
		missed += unnoticed(d, at, (uint8_t)(1 << at / 2 % 8), &good);
	for (unsigned i = 0; i < 2000; i++) {
		size_t at = next_random(&x) % with_csum.len;

		missed += unnoticed(d, at, (uint8_t)(1 << i % 8), &good);
	}
	CHECK_EQ(missed, 0);
	disk_close(d);
}

/*
 * The metadata that the tree hangs on: found as the bytes whose change is an error. There must be
 * many, or the test above says nothing.
 */
TEST(flips_are_errors)
{
	struct disk *d;
	uint32_t x = 99;
	unsigned errors = 0;

	make_specimens();
	d = disk_of_memory(with_csum.bytes, with_csum.len);
	for (unsigned i = 0; i < 800; i++) {
		size_t at = next_random(&x) % (160 * 1024);

		d->bytes[at] ^= 0x10;
		errors += try_disk(d).errors > 0;
		d->bytes[at] ^= 0x10;
	}
	CHECK(errors > 130);
	disk_close(d);
}

TEST_MAIN
