/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Large ext4 directories: without an index, as mke2fs makes them, and with one, as e2fsck -D does.
 */
// Links: fs/*.c kernel/wait.c fs/ext4/*.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c tests/host/fs/image.c
#include "tests/host/fs/disk.h"
#include "tests/host/test.h"
#include "fs/ext4/ext4.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEXED   6000u /* two levels of index blocks of 1 KiB; mke2fs takes quadratic time */
#define UNINDEXED 2000u

/* Every third name has characters that are negative where char is signed. */
static const char *name_of(unsigned i)
{
	static char name[64];

	snprintf(name, sizeof(name), i % 3 ? "file-with-a-name-%u" : "\xc3\xa4\xc3\xb6\xc3\xbc-%u",
		 i);
	return name;
}

static void make_tree(unsigned files)
{
	char path[100];

	run("rm -rf tree; mkdir -p tree/big");
	for (unsigned i = 0; i < files; i++) {
		snprintf(path, sizeof(path), "tree/big/%s", name_of(i));
		close(open(scratch(path), O_CREAT | O_WRONLY, 0644));
	}
}

/* Every name must be found by the index alone, and none that is not there. */
static void check_index(void)
{
	unsigned found = 0, strangers = 0;
	struct ext4_node *dir;
	struct file *f;
	uint32_t ino;

	CHECK_EQ(vfs_open("/mnt/big", O_RDONLY, 0, &f), 0);
	dir = ext4_node_of(vfs_file_inode(f));
	for (unsigned i = 0; i < INDEXED; i++)
		found += ext4_htree_search(dir, name_of(i), strlen(name_of(i)), &ino) == 1;
	for (unsigned i = INDEXED; i < 2 * INDEXED; i++)
		strangers += ext4_htree_search(dir, name_of(i), strlen(name_of(i)), &ino) == 0;
	CHECK_EQ(found, INDEXED);
	CHECK_EQ(strangers, INDEXED);
	file_put(f);
}

/* Every name must be listed once. */
static void check_listing(void)
{
	static bool seen[INDEXED];
	unsigned n = 0, others = 0;
	struct vfs_dirent e;
	struct file *f;

	memset(seen, 0, sizeof(seen));
	CHECK_EQ(vfs_open("/mnt/big", O_RDONLY, 0, &f), 0);
	while (f->ops->readdir(f, &e) > 0) {
		unsigned i = e.name[0] == '.' ? INDEXED : (unsigned)atoi(strrchr(e.name, '-') + 1);

		if (i < INDEXED && !seen[i])
			n += seen[i] = true;
		else
			others++;
	}
	CHECK_EQ(n, INDEXED);
	CHECK_EQ(others, 2);
	file_put(f);
}

static void check_image(const char *function, unsigned flags)
{
	struct disk *d;

	run("cp plain image && tune2fs -E hash_alg=%s image >/dev/null", function);
	run("debugfs -w -R 'set_super_value flags %u' image 2>/dev/null", flags);
	run("e2fsck -fyD image >/dev/null 2>&1 || test $? -eq 1");
	d = must_mount();
	check_index();
	check_listing();
	unmount(d);
}

/* The superblock's flags: 1 signed, 2 unsigned characters. */
TEST(hash_functions)
{
	start_vfs();
	make_tree(INDEXED);
	make_image("-b 1024 -N 7000", "16M");
	run("mv image plain");
	for (unsigned flags = 1; flags <= 2; flags++) {
		check_image("half_md4", flags);
		check_image("tea", flags);
		check_image("legacy", flags);
	}
}

static int look_for(unsigned i)
{
	char path[100];
	struct stat st;

	snprintf(path, sizeof(path), "/mnt/big/%s", name_of(i));
	return vfs_stat(path, &st, true);
}

/* First to last and in another order, so that hints are missing, right, and somebody else's. */
TEST(names_without_index)
{
	struct disk *d;
	unsigned found = 0;

	start_vfs();
	make_tree(UNINDEXED);
	make_image("-b 1024 -N 3000", "16M");
	d = must_mount();
	for (unsigned i = 0; i < UNINDEXED; i++)
		found += look_for(i) == 0;
	for (unsigned i = 0; i < UNINDEXED; i++)
		found += look_for(i * 1999 % UNINDEXED) == 0;
	CHECK_EQ(found, 2 * UNINDEXED);
	for (unsigned i = UNINDEXED; i < UNINDEXED + 50; i++)
		CHECK_EQ(look_for(i), -ENOENT);
	unmount(d);
}

TEST_MAIN
