/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext4 over images made by mke2fs, changed by e2fsck and debugfs, compared with the folders they were made from.
 */
// Links: fs/*.c fs/ext4/*.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c tests/host/fs/tree.c
#include "tests/host/fs/disk.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "fs/ext4/ext4.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void start(void)
{
	static bool started;

	if (!started && vfs_init(NULL, 0) != 0)
		exit(1);
	started = true;
	shim_log_clear();
}

/* Mounts an image at /mnt; NULL when it is refused, with *error saying how. */
static struct disk *mount_image(const char *image, const char *options, int *error)
{
	struct disk *d = disk_open(image);

	*error = vfs_mount(d->dev.name, "/mnt", NULL, options);
	if (!*error)
		return d;
	disk_close(d);
	return NULL;
}

static void unmount_image(struct disk *d)
{
	CHECK_EQ(vfs_unmount("/mnt"), 0);
	disk_close(d);
}

static struct disk *must_mount(const char *image)
{
	int error;
	struct disk *d = mount_image(image, NULL, &error);

	if (!d) {
		printf("  %s: mount: %d\n", image, error);
		exit(1);
	}
	return d;
}

static void make_image(const char *image, const char *options, const char *size)
{
	const char *type = strstr(options, "-t ") ? "" : "-t ext4";

	run("mke2fs -q -F %s %s -d %s %s %s >/dev/null", type, options, scratch("tree"), image, size);
}

/* --- a tree with something of everything --- */

static void make_links(const char *dir)
{
	char target[1024], path[600];
	static const int lengths[] = { 1, 58, 59, 60, 61, 200, 1000 };

	memset(target, 'x', sizeof(target));
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		target[lengths[i]] = '\0';
		snprintf(path, sizeof(path), "%s/link-%d", dir, lengths[i]);
		CHECK_EQ(symlink(target, path), 0);
		target[lengths[i]] = 'x';
	}
}

static void make_sizes(const char *dir)
{
	static const size_t sizes[] = { 0, 1, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097, 12288, 65535, 65536, 65537, 300001, 3000000 };
	char path[600];

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		snprintf(path, sizeof(path), "%s/size-%zu", dir, sizes[i]);
		make_file(path, sizes[i]);
	}
}

static void make_tree(unsigned many)
{
	char path[4096], name[261] = { 0 };
	size_t len;

	run("rm -rf %s && mkdir -p %s/sizes %s/many %s/empty", scratch("tree"), scratch("tree"), scratch("tree"), scratch("tree"));
	make_sizes(scratch("tree/sizes"));
	make_links(scratch("tree"));
	for (unsigned i = 0; i < many; i++) {
		snprintf(path, sizeof(path), "%s/file-%u", scratch("tree/many"), i);
		make_file(path, i % 300);
	}
	len = (size_t)snprintf(path, sizeof(path), "%s", scratch("tree"));
	for (unsigned i = 0; i < 60; i++) {
		len += (size_t)snprintf(path + len, sizeof(path) - len, "/deep-%u", i);
		mkdir(path, 0755);
	}
	make_text(strcat(path, "/bottom"), "here\n");
	memset(name, 'n', 255);
	memcpy(name, "tree/", 5);
	memset(name + 255, 'm', 5);
	make_file(scratch(name), 5);
	make_file(scratch("tree/na\xc3\xafve \xe2\x98\x83"), 7);
	run("ln %s %s && ln %s %s", scratch("tree/sizes/size-513"), scratch("tree/hard-1"), scratch("tree/sizes/size-513"), scratch("tree/hard-2"));
	run("mkfifo %s && chmod 4711 %s && chmod 1777 %s", scratch("tree/fifo"), scratch("tree/sizes/size-1"), scratch("tree/empty"));
	run("mknod %s c 1 3 && mknod %s b 300 700 && chown 70000:80000 %s", scratch("tree/char"), scratch("tree/block"), scratch("tree/sizes/size-512"));
	run("touch -d 1950-01-01 %s && touch -d 2037-01-01 %s", scratch("tree/sizes/size-0"), scratch("tree/sizes/size-1023"));
	run("truncate -s 1000000 %s && printf data | dd of=%s bs=1 seek=500000 conv=notrunc status=none", scratch("tree/holes"), scratch("tree/holes"));
}

static void compare_with(const char *options, const char *size, unsigned files)
{
	const char *image = scratch("image");
	struct disk *d;

	start();
	make_image(image, options, size);
	d = must_mount(image);
	CHECK_EQ(compare_trees(scratch("tree"), "/mnt", 4096), files);
	unmount_image(d);
	unlink(image);
}

#define TREE_FILES(many) (96 + (many))

TEST(block_sizes)
{
	make_tree(3000);
	compare_with("-b 1024", "32M", TREE_FILES(3000));
	compare_with("-b 2048", "32M", TREE_FILES(3000));
	compare_with("-b 4096", "40M", TREE_FILES(3000));
}

TEST(read_sizes)
{
	static const size_t pieces[] = { 100, 1000, 5000, 65536, 100000, 1 << 20 };
	struct disk *d;

	start();
	make_tree(10);
	make_image(scratch("image"), "-b 1024", "16M");
	d = must_mount(scratch("image"));
	for (unsigned i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		compare_trees(scratch("tree/sizes"), "/mnt/sizes", pieces[i]);
	unmount_image(d);
}

TEST(features)
{
	static const char *const options[] = {
		"-O ^64bit", "-O ^metadata_csum", "-O ^metadata_csum,uninit_bg", "-O ^metadata_csum,^64bit,uninit_bg", "-O metadata_csum_seed",
		"-b 1024 -g 1024 -O meta_bg,^resize_inode", "-O ^flex_bg", "-O ^sparse_super,^resize_inode", "-O sparse_super2", "-O bigalloc", "-O large_dir",
		"-O ea_inode", "-O quota", "-O ^has_journal", "-O mmp", "-I 128", "-I 512", "-O ^filetype", "-O ^huge_file", "-O orphan_file",
		"-O ^extent,^64bit", "-O ^extent,^64bit -b 1024",
	};

	make_tree(100);
	for (unsigned i = 0; i < sizeof(options) / sizeof(*options); i++) {
		int before = test_failures;

		compare_with(options[i], "32M", TREE_FILES(100));
		if (test_failures != before)
			printf("  with %s\n", options[i]);
	}
	compare_with("-t ext2", "32M", TREE_FILES(100));
	compare_with("-t ext3 -b 1024", "32M", TREE_FILES(100));
}

/* --- single files --- */

/* Data at the start, behind 4 GiB and at the end of a file that is otherwise a hole. */
TEST(large_sparse_file)
{
	struct disk *d;

	start();
	run("rm -rf %s; mkdir %s; truncate -s 5G %s", scratch("tree"), scratch("tree"), scratch("tree/sparse"));
	run("for at in 0 4400000000 5368709115; do printf words | dd of=%s bs=1 seek=$at conv=notrunc status=none; done", scratch("tree/sparse"));
	make_image(scratch("image"), "-b 4096", "16M");
	d = must_mount(scratch("image"));
	compare_trees(scratch("tree"), "/mnt", 1 << 24);
	unmount_image(d);
}

/* Every second block is a hole, so the tree of extents has levels. */
TEST(deep_extent_tree)
{
	static char block[1024];
	struct disk *d;
	int fd;

	start();
	run("rm -rf %s; mkdir %s", scratch("tree"), scratch("tree"));
	fd = open(scratch("tree/comb"), O_CREAT | O_WRONLY, 0644);
	for (unsigned i = 0; i < 16000; i++) {
		memset(block, (int)i, sizeof(block));
		CHECK_EQ(pwrite(fd, block, sizeof(block), (off_t)i * 8192), sizeof(block));
	}
	close(fd);
	make_image(scratch("image"), "-b 1024", "96M");
	d = must_mount(scratch("image"));
	compare_trees(scratch("tree"), "/mnt", 65536);
	compare_trees(scratch("tree"), "/mnt", 1500);
	unmount_image(d);
}

TEST(unwritten_extents)
{
	char bytes[6000], zeros[6000] = { 0 };
	struct disk *d;
	struct file *f;

	start();
	run("rm -rf %s; mkdir %s; touch %s", scratch("tree"), scratch("tree"), scratch("tree/f"));
	make_image(scratch("image"), "-b 1024", "8M");
	run("debugfs -w -R 'fallocate /f 0 9' %s 2>/dev/null", scratch("image"));
	run("debugfs -w -R 'set_inode_field /f size 10000' %s 2>/dev/null", scratch("image"));
	d = must_mount(scratch("image"));
	memset(bytes, 'x', sizeof(bytes));
	CHECK_EQ(vfs_open("/mnt/f", O_RDONLY, 0, &f), 0);
	CHECK_EQ(f->ops->pread(f, bytes, sizeof(bytes), 3000), sizeof(bytes));
	CHECK_EQ(memcmp(bytes, zeros, sizeof(bytes)), 0);
	file_put(f);
	unmount_image(d);
}

TEST(nanoseconds)
{
	struct disk *d;
	struct stat st;

	start();
	run("rm -rf %s; mkdir %s; touch -d @1000 %s", scratch("tree"), scratch("tree"), scratch("tree/f"));
	make_image(scratch("image"), "-b 1024", "8M");
	run("debugfs -w -R 'set_inode_field /f mtime_extra %u' %s 2>/dev/null", 123456789u << 2 | 1, scratch("image"));
	d = must_mount(scratch("image"));
	CHECK_EQ(vfs_stat("/mnt/f", &st, true), 0);
	CHECK_EQ(st.st_mtim.tv_sec, 1000 + (1ll << 32));
	CHECK_EQ(st.st_mtim.tv_nsec, 123456789);
	unmount_image(d);
}

/* --- large directories --- */

#define BIG 6000u /* two levels of index blocks of 1 KiB; mke2fs takes quadratic time */

static void big_name(char *name, size_t size, unsigned i)
{
	snprintf(name, size, i % 3 ? "file-with-a-name-%u" : "\xc3\xa4\xc3\xb6\xc3\xbc-%u", i);
}

static const char *at_mnt_big(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "/mnt/big/%s", name);
	return path;
}

static void make_big_tree(unsigned files)
{
	char name[64], path[600];

	run("rm -rf %s; mkdir -p %s", scratch("tree"), scratch("tree/big"));
	for (unsigned i = 0; i < files; i++) {
		big_name(name, sizeof(name), i);
		snprintf(path, sizeof(path), "%s/%s", scratch("tree/big"), name);
		close(open(path, O_CREAT | O_WRONLY, 0644));
	}
}

/* Every name must be found by the index alone, and none that is not there. */
static void check_index(void)
{
	unsigned by_index = 0, strangers = 0;
	struct file *f;
	char name[64];
	uint32_t ino;

	CHECK_EQ(vfs_open("/mnt/big", O_RDONLY, 0, &f), 0);
	for (unsigned i = 0; i < 2 * BIG; i++) {
		struct ext4_node *dir = ext4_node_of(vfs_file_inode(f));

		big_name(name, sizeof(name), i);
		if (i < BIG)
			by_index += ext4_htree_search(dir, name, strlen(name), &ino) == 1;
		else
			strangers += ext4_htree_search(dir, name, strlen(name), &ino) == 0;
	}
	CHECK_EQ(by_index, BIG);
	CHECK_EQ(strangers, BIG);
	file_put(f);
}

static void check_listing(void)
{
	static bool seen[BIG];
	unsigned n = 0;
	struct vfs_dirent e;
	struct file *f;

	memset(seen, 0, sizeof(seen));
	CHECK_EQ(vfs_open("/mnt/big", O_RDONLY, 0, &f), 0);
	while (f->ops->readdir(f, &e) > 0) {
		unsigned i = e.name[0] == '.' ? BIG : (unsigned)strtoul(strrchr(e.name, '-') + 1, NULL, 10);

		if (i < BIG && !seen[i]) {
			seen[i] = true;
			n++;
		}
	}
	CHECK_EQ(n, BIG);
	file_put(f);
}

/* mke2fs makes no index; e2fsck does, by each of the hash functions. Flags: 1 signed, 2 unsigned characters. */
TEST(hash_trees)
{
	static const char *const functions[] = { "half_md4", "tea", "legacy" };

	start();
	make_big_tree(BIG);
	make_image(scratch("plain"), "-b 1024 -N 21000", "24M");
	for (unsigned i = 0; i < 3; i++)
		for (unsigned flags = 1; flags <= 2; flags++) {
			struct disk *d;

			run("cp %s %s", scratch("plain"), scratch("image"));
			run("tune2fs -E hash_alg=%s %s >/dev/null", functions[i], scratch("image"));
			run("debugfs -w -R 'set_super_value flags %u' %s 2>/dev/null", flags, scratch("image"));
			run("e2fsck -fyD %s >/dev/null 2>&1 || test $? -eq 1", scratch("image"));
			d = must_mount(scratch("image"));
			check_index();
			check_listing();
			unmount_image(d);
		}
}

/* What was looked up once is looked up again without the disk. */
TEST(block_cache_bounds_requests)
{
	struct disk *d;
	unsigned before;
	struct stat st;

	start();
	make_tree(10);
	make_image(scratch("image"), "-b 1024", "16M");
	d = must_mount(scratch("image"));
	CHECK_EQ(vfs_stat("/mnt/sizes/size-65535", &st, true), 0);
	before = d->requests;
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQ(vfs_stat("/mnt/sizes/size-65535", &st, true), 0);
	CHECK_EQ(d->requests, before);
	unmount_image(d);
}

/* A file read in small pieces is fetched in large ones. */
TEST(read_ahead)
{
	struct disk *d;
	struct file *f;
	unsigned before;
	char buf[1000];

	start();
	run("rm -rf %s; mkdir %s", scratch("tree"), scratch("tree"));
	make_file(scratch("tree/f"), 1 << 20);
	make_image(scratch("image"), "-b 4096", "8M");
	d = must_mount(scratch("image"));
	CHECK_EQ(vfs_open("/mnt/f", O_RDONLY, 0, &f), 0);
	before = d->requests;
	while (f->ops->read(f, buf, sizeof(buf)) > 0)
		;
	CHECK(d->requests - before <= 12);
	file_put(f);
	unmount_image(d);
}

/* Every name of a directory that has no index, first to last and at random: found, and found again with the hints all taken. */
TEST(names_without_index)
{
	struct disk *d;
	struct stat st;
	char name[64];
	unsigned found = 0, strangers = 0;

	start();
	make_big_tree(2000);
	make_image(scratch("image"), "-b 1024 -N 3000", "16M");
	d = must_mount(scratch("image"));
	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = 0; i < 2000; i++) {
			big_name(name, sizeof(name), round == 1 ? i * 1999 % 2000 : i);
			found += vfs_stat(at_mnt_big(name), &st, true) == 0;
			if (i % 100)
				continue;
			big_name(name, sizeof(name), i + 2000);
			strangers += vfs_stat(at_mnt_big(name), &st, true) == -ENOENT;
		}
	CHECK_EQ(found, 6000);
	CHECK_EQ(strangers, 60);
	unmount_image(d);
}

/* --- refusals --- */

static void refused(int error, const char *because)
{
	int got;
	struct disk *d;

	shim_log_clear();
	d = mount_image(scratch("image"), NULL, &got);
	CHECK_EQ(got, error);
	if (!shim_log_has(because))
		printf("  log lacks '%s'\n", because), test_failures++;
	if (d)
		unmount_image(d);
}

TEST(refusals)
{
	int error;
	struct disk *d;

	start();
	run("rm -rf %s; mkdir %s; touch %s", scratch("tree"), scratch("tree"), scratch("tree/f"));
	make_image(scratch("image"), "-O inline_data", "8M");
	refused(-EOPNOTSUPP, "inline_data");
	make_image(scratch("image"), "-O encrypt", "8M");
	refused(-EOPNOTSUPP, "encrypt");
	make_image(scratch("image"), "-b 65536", "64M");
	refused(-EOPNOTSUPP, "-b 4096");
	make_image(scratch("image"), "", "8M");
	run("truncate -s 7M %s", scratch("image"));
	refused(-EIO, "truncated");
	run("truncate -s 0 %s; truncate -s 1M %s", scratch("image"), scratch("image"));
	refused(-EINVAL, "no file system");
	run("truncate -s 512 %s", scratch("image"));
	refused(-EINVAL, "no file system");
	make_image(scratch("image"), "", "8M");
	run("debugfs -w -R 'feature needs_recovery' %s >/dev/null 2>&1", scratch("image"));
	refused(-EIO, "noload");
	d = mount_image(scratch("image"), "ro,noload", &error);
	CHECK_EQ(error, 0);
	CHECK(shim_log_has("without its journal"));
	if (d)
		unmount_image(d);
	d = mount_image(scratch("image"), "nobarrier", &error);
	CHECK_EQ(error, -EINVAL);
	CHECK(shim_log_has("unknown option 'nobarrier'"));
	CHECK_EQ(vfs_mount("/dev/vdz", "/mnt", NULL, NULL), -ENODEV);
	CHECK(shim_log_has("no such device"));
}

TEST(read_only)
{
	struct disk *d;
	struct file *f;

	start();
	run("rm -rf %s; mkdir %s; touch %s", scratch("tree"), scratch("tree"), scratch("tree/f"));
	make_image(scratch("image"), "", "8M");
	d = must_mount(scratch("image"));
	CHECK_EQ(vfs_open("/mnt/f", O_RDWR, 0, &f), -EROFS);
	CHECK_EQ(vfs_open("/mnt/new", O_RDWR | O_CREAT, 0644, &f), -EROFS);
	CHECK_EQ(vfs_mkdir("/mnt/d", 0755), -EROFS);
	CHECK_EQ(vfs_mkdir("/mnt/f", 0755), -EEXIST);
	CHECK_EQ(vfs_unlink("/mnt/f"), -EROFS);
	CHECK_EQ(vfs_unlink("/mnt/g"), -ENOENT);
	CHECK_EQ(vfs_rename("/mnt/f", "/mnt/g"), -EROFS);
	CHECK_EQ(vfs_rename("/mnt/f", "/tmp/g"), -EXDEV);
	CHECK_EQ(vfs_setattr("/mnt/f", &(struct stat){ .st_mode = 0600 }, VFS_ATTR_MODE, true), -EROFS);
	CHECK_EQ(vfs_open("/dev/vda", O_RDWR, 0, &f), -EBUSY);
	CHECK_EQ(vfs_open("/mnt/f", O_RDONLY, 0, &f), 0);
	CHECK_EQ(vfs_unmount("/mnt"), -EBUSY);
	file_put(f);
	unmount_image(d);
}

TEST_MAIN
