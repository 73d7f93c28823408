/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext4 over damaged disks, thousands of ways, always the same ones: whatever is on the disk, every call returns, nothing is touched that
 * should not be, and with checksums no changed metadata goes unnoticed.
 */
// Links: fs/*.c fs/ext4/*.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c tests/host/fs/tree.c
#include "tests/host/fs/disk.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "fs/vfs.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tree with every structure that is on such a disk: an index, levels of extents, links of both kinds, holes. */
static void make_tree(void)
{
	char path[600];
	int fd;

	run("rm -rf %s; mkdir -p %s %s", scratch("tree"), scratch("tree/dir/below"), scratch("tree/indexed"));
	make_file(scratch("tree/dir/file"), 3000);
	make_file(scratch("tree/dir/below/other"), 10);
	run("ln -s dir/file %s; ln -s %0100d %s; ln %s %s", scratch("tree/short"), 7, scratch("tree/long"), scratch("tree/dir/file"), scratch("tree/hard"));
	for (unsigned i = 0; i < 120; i++) {
		snprintf(path, sizeof(path), "%s/a-longer-name-in-an-index-%u", scratch("tree/indexed"), i);
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	fd = open(scratch("tree/comb"), O_CREAT | O_WRONLY, 0644);
	for (unsigned i = 0; i < 200; i++)
		CHECK_EQ(pwrite(fd, "tooth", 5, (off_t)i * 2048), 5);
	close(fd);
}

struct image {
	uint8_t *bytes;
	size_t len;
};

static struct image make_image(const char *options)
{
	struct image image;
	FILE *f;

	run("mke2fs -q -F -t ext4 -b 1024 -N 256 -O ^has_journal,^resize_inode%s -d %s %s 700 >/dev/null", options, scratch("tree"), scratch("image"));
	run("e2fsck -fyD %s >/dev/null 2>&1 || test $? -eq 1", scratch("image"));
	f = fopen(scratch("image"), "rb");
	image.len = 700 * 1024;
	image.bytes = malloc(image.len);
	CHECK_EQ(fread(image.bytes, 1, image.len, f), image.len);
	fclose(f);
	return image;
}

static struct image plain, with_csum;

static void start(void)
{
	if (plain.bytes)
		return;
	CHECK_EQ(vfs_init(NULL, 0), 0);
	CHECK_EQ(vfs_mkdir("/mnt", 0755), 0);
	make_tree();
	plain = make_image(",^metadata_csum");
	with_csum = make_image("");
}

/* The walk of a disk; errors counts a refused mount as well. */
static struct walk try_disk(struct disk *d)
{
	struct walk w = { .errors = 1 };

	shim_log_clear();
	if (vfs_mount(d->dev.name, "/mnt", "ext4", NULL) != 0)
		return w;
	w = walk_tree("/mnt");
	CHECK_EQ(vfs_unmount("/mnt"), 0);
	return w;
}

static uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	return *x ^= *x << 5;
}

/* --- with checksums: changed metadata is an error, or else it is as it was --- */

static bool unnoticed(struct disk *d, size_t at, uint8_t mask, const struct walk *good)
{
	struct walk w;

	d->bytes[at] ^= mask;
	w = try_disk(d);
	d->bytes[at] ^= mask;
	return w.errors == 0 && w.digest != good->digest;
}

/* Every byte of the first KiB that matter (superblock, descriptors, inodes, directories follow each other there), then others at random. */
TEST(every_flip_is_noticed)
{
	struct disk *d;
	struct walk good;
	uint32_t x = 1;
	unsigned missed = 0;

	start();
	d = disk_of_memory(with_csum.bytes, with_csum.len);
	good = try_disk(d);
	CHECK_EQ(good.errors, 0);
	CHECK(good.entries > 130);
	for (size_t at = 1024; at < 1024 * 3; at += 2)
		missed += unnoticed(d, at, (uint8_t)(1 << at / 2 % 8), &good);
	for (unsigned i = 0; i < 3000; i++) {
		size_t at = next_random(&x) % with_csum.len;

		missed += unnoticed(d, at, (uint8_t)(1 << i % 8), &good);
	}
	CHECK_EQ(missed, 0);
	disk_close(d);
}

/* The metadata that the tree hangs on: found as the bytes whose change is an error. There must be many, or the test above says nothing. */
TEST(flips_are_errors)
{
	struct disk *d;
	uint32_t x = 99;
	unsigned errors = 0;

	start();
	d = disk_of_memory(with_csum.bytes, with_csum.len);
	for (unsigned i = 0; i < 1500; i++) {
		size_t at = next_random(&x) % (160 * 1024);

		d->bytes[at] ^= 0x10;
		errors += try_disk(d).errors > 0;
		d->bytes[at] ^= 0x10;
	}
	CHECK(errors > 250);
	disk_close(d);
}

/* --- without checksums: anything may be seen, but every walk ends --- */

static const uint32_t nasty[] = { 0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };

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

static void damage_often(const struct image *image, size_t first, size_t len, unsigned rounds, unsigned hits, uint32_t seed)
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
	start();
	damage_often(&plain, 1024, 1024, 1500, 2, 11);
}

TEST(damaged_descriptors_and_inodes)
{
	start();
	damage_often(&plain, 2048, 70 * 1024, 2500, 6, 12);
}

TEST(damaged_anything)
{
	start();
	damage_often(&plain, 1024, plain.len - 1024, 1500, 40, 13);
}

TEST(overwritten_blocks)
{
	struct disk *d;
	uint32_t x = 14;

	start();
	d = disk_of_memory(plain.bytes, plain.len);
	for (unsigned i = 0; i < 700; i++) {
		size_t block = 2 + next_random(&x) % (plain.len / 1024 - 2), other = 2 + next_random(&x) % (plain.len / 1024 - 2);

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

	start();
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

	start();
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
