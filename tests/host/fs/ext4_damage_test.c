/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext4 over damaged disks without checksums, thousands of ways, always the same ones: whatever is
 * on the disk, every walk ends and nothing is touched that should not be. The same for a disk that
 * fails, and for too little memory.
 */
// Links: fs/*.c kernel/wait.c fs/ext4/*.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c tests/host/fs/image.c tests/host/fs/specimen.c tests/host/fs/tree.c
#include "tests/host/fs/specimen.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"

static const uint32_t nasty[] = {
	0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000,
	0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
};

static void damage(uint8_t *bytes, size_t len, uint32_t *x)
{
	size_t at = next_random(x) % (len - 8);
	uint32_t value = nasty[next_random(x) % (sizeof(nasty) / sizeof(*nasty))];

	switch (next_random(x) % 4) {
	case 0: bytes[at] ^= (uint8_t)(1 << next_random(x) % 8); break;
	case 1: bytes[at] = (uint8_t)next_random(x); break;
	case 2: memcpy(bytes + (at & ~(size_t)1), &value, 2); break;
	default: memcpy(bytes + (at & ~(size_t)3), &value, 4); break;
	}
}

static void damage_often(const struct specimen *image, size_t first, size_t len, unsigned rounds,
			 unsigned hits, uint32_t seed)
{
	struct disk *d = disk_of_memory(image->bytes, image->len);
	uint32_t x = seed;

	for (unsigned i = 0; i < rounds; i++) {
		for (unsigned hit = 0; hit < hits; hit++)
			damage(d->bytes + first, len, &x);
		try_disk(d);
		memcpy(d->bytes, image->bytes, image->len);
	}
	disk_close(d);
}

TEST(damaged_superblock)
{
	make_specimens();
	damage_often(&plain, 1024, 1024, 1000, 2, 11);
}

TEST(damaged_descriptors_and_inodes)
{
	make_specimens();
	damage_often(&plain, 2048, 70 * 1024, 1500, 6, 12);
}

TEST(damaged_anything)
{
	make_specimens();
	damage_often(&plain, 1024, plain.len - 1024, 800, 40, 13);
}

TEST(overwritten_blocks)
{
	struct disk *d;
	uint32_t x = 14;

	make_specimens();
	d = disk_of_memory(plain.bytes, plain.len);
	for (unsigned i = 0; i < 400; i++) {
		size_t block = 2 + next_random(&x) % (plain.len / 1024 - 2);
		size_t other = 2 + next_random(&x) % (plain.len / 1024 - 2);

		memcpy(d->bytes + block * 1024, d->bytes + other * 1024, 1024);
		try_disk(d);
		if (i % 4 == 3)
			memcpy(d->bytes, plain.bytes, plain.len);
	}
	disk_close(d);
}

/* --- a disk that fails, and too little memory --- */

TEST(failing_requests)
{
	struct disk *d;
	unsigned failed = 0;

	make_specimens();
	d = disk_of_memory(with_csum.bytes, with_csum.len);
	for (unsigned n = 1; n < 60; n++) {
		d->fail_in = n;
		failed += try_disk(d).errors > 0;
	}
	CHECK(failed > 10);
	d->fail_in = 0;
	CHECK_EQ(try_disk(d).errors, 0);
	disk_close(d);
}

TEST(failing_allocations)
{
	struct disk *d;
	size_t before;
	unsigned failed = 0;

	make_specimens();
	d = disk_of_memory(with_csum.bytes, with_csum.len);
	try_disk(d);
	before = shim_allocated();
	for (unsigned n = 1; n < 400; n++) {
		shim_fail_alloc = n;
		failed += try_disk(d).errors > 0;
		shim_fail_alloc = 0;
		CHECK_EQ(shim_allocated(), before);
	}
	CHECK(failed > 100);
	CHECK_EQ(try_disk(d).errors, 0);
	disk_close(d);
}

TEST_MAIN
