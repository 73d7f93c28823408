/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext4 over images made by mke2fs, some changed by debugfs, compared with the folders they were
 * made from.
 */
// Links: fs/*.c kernel/wait.c fs/ext4/*.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c tests/host/fs/image.c tests/host/fs/tree.c
#include "tests/host/fs/disk.h"
#include "tests/host/test.h"
#include "fs/vfs.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- a tree with something of everything --- */

static void make_links(void)
{
	static const int lengths[] = { 1, 58, 59, 60, 61, 200, 1000 };
	char target[1024], name[32];

	memset(target, 'x', sizeof(target));
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		target[lengths[i]] = '\0';
		snprintf(name, sizeof(name), "tree/link-%d", lengths[i]);
		CHECK_EQ(symlink(target, scratch(name)), 0);
		target[lengths[i]] = 'x';
	}
}

static void make_sizes(void)
{
	static const size_t sizes[] = {
		0, 1, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097,
		12288, 65535, 65536, 65537, 300001, 3000000,
	};
	char name[32];

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		snprintf(name, sizeof(name), "tree/sizes/%zu", sizes[i]);
		make_file(scratch(name), sizes[i]);
	}
}

static void make_names(unsigned many)
{
	char name[300];

	for (unsigned i = 0; i < many; i++) {
		snprintf(name, sizeof(name), "tree/many/file-%u", i);
		make_file(scratch(name), i % 300);
	}
	snprintf(name, sizeof(name), "tree/%0255d", 0);
	make_file(scratch(name), 5);
	make_file(scratch("tree/na\xc3\xafve \xe2\x98\x83"), 7);
}

static void make_deep(void)
{
	char path[2048] = "tree";
	size_t len = strlen(path);

	for (unsigned i = 0; i < 60; i++)
		len += (size_t)snprintf(path + len, sizeof(path) - len, "/deep-%u", i);
	run("mkdir -p %s && echo here > %s/bottom", path, path);
}

static void make_tree(unsigned many)
{
	run("rm -rf tree && mkdir -p tree/sizes tree/many tree/empty");
	make_sizes();
	make_links();
	make_names(many);
	make_deep();
	run("cd tree && ln sizes/513 hard-1 && ln sizes/513 hard-2 && mkfifo fifo");
	run("cd tree && truncate -s 1000000 holes && printf data |"
	    " dd of=holes bs=1 seek=500000 conv=notrunc status=none");
	if (geteuid() == 0)
		run("cd tree && mknod char c 1 3 && mknod block b 300 700 &&"
		    " chown 70000:80000 sizes/512");
	run("cd tree && chmod 4711 sizes/1 && chmod 1777 empty");
	run("cd tree && touch -d 1950-01-01 sizes/0 && touch -d 2037-01-01 sizes/1023");
}

static void compare_with(const char *options, const char *size, size_t piece)
{
	struct disk *d;

	start_vfs();
	make_image(options, size);
	d = must_mount();
	CHECK(compare_trees(scratch("tree"), "/mnt", piece) > 0);
	unmount(d);
}

TEST(block_sizes)
{
	make_tree(2000);
	compare_with("-b 1024", "32M", 4096);
	compare_with("-b 2048", "32M", 4096);
	compare_with("-b 4096", "40M", 4096);
}

TEST(read_sizes)
{
	static const size_t pieces[] = { 100, 1000, 5000, 65536, 100000, 1 << 20 };
	struct disk *d;

	start_vfs();
	make_tree(10);
	make_image("-b 1024", "16M");
	d = must_mount();
	for (unsigned i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		compare_trees(scratch("tree/sizes"), "/mnt/sizes", pieces[i]);
	unmount(d);
}

TEST(features)
{
	static const char *const options[] = {
		"-O ^64bit", "-O ^metadata_csum", "-O ^metadata_csum,uninit_bg",
		"-O ^metadata_csum,^64bit,uninit_bg", "-O metadata_csum_seed", "-O ^flex_bg",
		"-b 1024 -g 1024 -O meta_bg,^resize_inode", "-O ^sparse_super,^resize_inode",
		"-O sparse_super2", "-O bigalloc", "-O large_dir", "-O ea_inode", "-O quota",
		"-O ^has_journal", "-O mmp", "-I 128", "-I 512", "-O ^filetype", "-O ^huge_file",
		"-O orphan_file", "-O ^extent,^64bit", "-O ^extent,^64bit -b 1024",
		"-t ext2", "-t ext3 -b 1024",
	};

	make_tree(100);
	for (unsigned i = 0; i < sizeof(options) / sizeof(*options); i++) {
		int before = test_failures;

		compare_with(options[i], "32M", 4096);
		if (test_failures != before)
			printf("  with %s\n", options[i]);
	}
}

/* --- single files --- */

/* Data at the start, behind 4 GiB and at the end of a file that is otherwise a hole. */
TEST(large_sparse_file)
{
	run("rm -rf tree; mkdir tree; truncate -s 5G tree/sparse");
	run("for at in 0 4400000000 5368709115; do"
	    " printf words | dd of=tree/sparse bs=1 seek=$at conv=notrunc status=none; done");
	compare_with("-b 4096", "16M", 1 << 24);
}

/* Every second block is a hole, so the tree of extents has levels. */
TEST(deep_extent_tree)
{
	static char block[1024];
	int fd;

	run("rm -rf tree; mkdir tree");
	fd = open(scratch("tree/comb"), O_CREAT | O_WRONLY, 0644);
	for (unsigned i = 0; i < 16000; i++) {
		memset(block, (int)i, sizeof(block));
		CHECK_EQ(pwrite(fd, block, sizeof(block), (off_t)i * 8192), sizeof(block));
	}
	close(fd);
	compare_with("-b 1024", "96M", 65536);
	compare_with("-b 1024", "96M", 1500);
}

TEST(unwritten_extents)
{
	char bytes[6000], zeros[6000] = { 0 };
	struct disk *d;
	struct file *f;

	start_vfs();
	run("rm -rf tree; mkdir tree; touch tree/f");
	make_image("-b 1024", "8M");
	run("debugfs -w -R 'fallocate /f 0 9' image 2>/dev/null");
	run("debugfs -w -R 'set_inode_field /f size 10000' image 2>/dev/null");
	d = must_mount();
	memset(bytes, 'x', sizeof(bytes));
	CHECK_EQ(vfs_open("/mnt/f", O_RDONLY, 0, &f), 0);
	CHECK_EQ(f->ops->pread(f, bytes, sizeof(bytes), 3000), sizeof(bytes));
	CHECK_EQ(memcmp(bytes, zeros, sizeof(bytes)), 0);
	file_put(f);
	unmount(d);
}

TEST(nanoseconds)
{
	struct disk *d;
	struct stat st;

	start_vfs();
	run("rm -rf tree; mkdir tree; touch -d @1000 tree/f");
	make_image("-b 1024", "8M");
	run("debugfs -w -R 'set_inode_field /f mtime_extra %u' image 2>/dev/null",
	    123456789u << 2 | 1);
	d = must_mount();
	CHECK_EQ(vfs_stat("/mnt/f", &st, true), 0);
	CHECK_EQ(st.st_mtim.tv_sec, 1000 + (1ll << 32));
	CHECK_EQ(st.st_mtim.tv_nsec, 123456789);
	unmount(d);
}

/* --- how often the disk is asked --- */

TEST(lookups_are_cached)
{
	struct disk *d;
	unsigned before;
	struct stat st;

	start_vfs();
	make_tree(10);
	make_image("-b 1024", "16M");
	d = must_mount();
	CHECK_EQ(vfs_stat("/mnt/sizes/65535", &st, true), 0);
	before = d->requests;
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQ(vfs_stat("/mnt/sizes/65535", &st, true), 0);
	CHECK_EQ(d->requests, before);
	unmount(d);
}

/* A file read in small pieces is fetched in large ones. */
TEST(read_ahead)
{
	struct disk *d;
	struct file *f;
	unsigned before;
	char buf[1000];

	start_vfs();
	run("rm -rf tree; mkdir tree");
	make_file(scratch("tree/f"), 1 << 20);
	make_image("-b 4096", "8M");
	d = must_mount();
	CHECK_EQ(vfs_open("/mnt/f", O_RDONLY, 0, &f), 0);
	before = d->requests;
	while (f->ops->read(f, buf, sizeof(buf)) > 0)
		;
	CHECK(d->requests - before <= 12);
	file_put(f);
	unmount(d);
}

TEST_MAIN
