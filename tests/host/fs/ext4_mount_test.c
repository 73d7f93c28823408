/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ext4 refuses to mount, and says why; and that nothing changes on what it has mounted.
 */
// Links: fs/*.c kernel/wait.c fs/ext4/*.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c tests/host/fs/image.c
#include "tests/host/fs/disk.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "fs/vfs.h"
#include "kernel/memgiver.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The block cache, which registers at its first use. */
static struct memory_giver *cache;

void memory_giver_register(struct memory_giver *giver)
{
	cache = giver;
}

static void make(const char *options, const char *size)
{
	start_vfs();
	run("rm -rf tree; mkdir tree; touch tree/f");
	make_image(options, size);
}

static void refused(int error, const char *because)
{
	int got;
	struct disk *d;

	shim_log_clear();
	d = try_mount(NULL, &got);
	CHECK_EQ(got, error);
	if (!shim_log_has(because))
		printf("  log lacks '%s'\n", because), test_failures++;
	if (d)
		unmount(d);
}

TEST(unknown_features)
{
	make("-O inline_data", "8M");
	refused(-EOPNOTSUPP, "inline_data");
	make("-O encrypt", "8M");
	refused(-EOPNOTSUPP, "encrypt");
	make("-b 65536", "64M");
	refused(-EOPNOTSUPP, "-b 4096");
}

TEST(truncated)
{
	make("", "8M");
	run("truncate -s 7M image");
	refused(-EIO, "truncated");
	run("truncate -s 2048 image");
	refused(-EINVAL, "no file system");
	run("truncate -s 0 image; truncate -s 1M image");
	refused(-EINVAL, "no file system");
	run("truncate -s 512 image");
	refused(-EINVAL, "no file system");
}

TEST(journal_to_replay)
{
	int error;
	struct disk *d;

	make("", "8M");
	run("debugfs -w -R 'feature needs_recovery' image >/dev/null 2>&1");
	refused(-EIO, "noload");
	d = try_mount("ro,noload", &error);
	CHECK_EQ(error, 0);
	CHECK(shim_log_has("without its journal"));
	if (d)
		unmount(d);
}

TEST(options)
{
	int error;

	make("", "8M");
	CHECK(!try_mount("nobarrier", &error));
	CHECK_EQ(error, -EINVAL);
	CHECK(shim_log_has("unknown option 'nobarrier'"));
	CHECK_EQ(vfs_mount("/dev/vdz", "/mnt", NULL, NULL), -ENODEV);
	CHECK(shim_log_has("no such device"));
}

TEST(read_only)
{
	struct stat mode = { .st_mode = 0600 };
	struct disk *d;
	struct file *f;

	make("", "8M");
	d = must_mount();
	CHECK_EQ(vfs_open("/mnt/f", O_RDWR, 0, &f), -EROFS);
	CHECK_EQ(vfs_open("/mnt/new", O_RDWR | O_CREAT, 0644, &f), -EROFS);
	CHECK_EQ(vfs_mkdir("/mnt/d", 0755), -EROFS);
	CHECK_EQ(vfs_mkdir("/mnt/f", 0755), -EEXIST);
	CHECK_EQ(vfs_unlink("/mnt/f"), -EROFS);
	CHECK_EQ(vfs_unlink("/mnt/g"), -ENOENT);
	CHECK_EQ(vfs_rename("/mnt/f", "/mnt/g"), -EROFS);
	CHECK_EQ(vfs_rename("/mnt/f", "/tmp/g"), -EXDEV);
	CHECK_EQ(vfs_setattr("/mnt/f", &mode, VFS_ATTR_MODE, true), -EROFS);
	CHECK_EQ(vfs_open("/dev/vda", O_RDWR, 0, &f), -EBUSY);
	CHECK_EQ(vfs_open("/mnt/f", O_RDONLY, 0, &f), 0);
	CHECK_EQ(vfs_unmount("/mnt"), -EBUSY);
	file_put(f);
	unmount(d);
}

/* What the cache gave away is read again, and what somebody uses is not given. */
TEST(cache_gives_memory)
{
	struct disk *d;
	struct stat st;
	size_t given;

	make("", "8M");
	d = must_mount();
	CHECK_EQ(vfs_stat("/mnt/f", &st, true), 0);
	CHECK(cache);
	CHECK_EQ(cache->give(cache, 1), 1);
	given = cache->give(cache, 100000);
	CHECK(given > 0 && given < 100000);
	CHECK_EQ(cache->give(cache, 1), 0);
	CHECK_EQ(vfs_stat("/mnt/f", &st, true), 0);
	CHECK_EQ(vfs_stat("/mnt/lost+found", &st, true), 0);
	unmount(d);
}

TEST_MAIN
