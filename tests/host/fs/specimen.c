/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/host/fs/specimen.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "fs/vfs.h"
#include <fcntl.h>
#include <unistd.h>

#define SIZE (700u * 1024)

/*
 * A few times what the tree has. A damaged directory may contain itself: such a walk sees the same
 * blocks again and again, which takes most of the time and finds nothing.
 */
#define WALK_MAX 500

struct specimen plain, with_csum;

/* An index, levels of extents, links of both kinds, holes, hard links. */
static void make_tree(void)
{
	int fd;

	run("rm -rf tree; mkdir -p tree/dir/below tree/indexed");
	make_file(scratch("tree/dir/file"), 3000);
	make_file(scratch("tree/dir/below/other"), 10);
	run("cd tree; ln -s dir/file short; ln -s %0100d long; ln dir/file hard", 7);
	run("cd tree/indexed; for i in $(seq 120); do : > a-longer-name-in-an-index-$i; done");
	fd = open(scratch("tree/comb"), O_CREAT | O_WRONLY, 0644);
	for (unsigned i = 0; i < 200; i++)
		CHECK_EQ(pwrite(fd, "tooth", 5, (off_t)i * 2048), 5);
	close(fd);
}

static struct specimen make_specimen(const char *feature)
{
	struct specimen s = { malloc(SIZE), SIZE };
	char options[100];
	FILE *f;

	snprintf(options, sizeof(options), "-b 1024 -N 256 -O ^has_journal,^resize_inode,%s",
		 feature);
	make_image(options, "700k");
	run("e2fsck -fyD image >/dev/null 2>&1 || test $? -eq 1");
	f = fopen(scratch("image"), "rb");
	CHECK_EQ(fread(s.bytes, 1, s.len, f), s.len);
	fclose(f);
	return s;
}

void make_specimens(void)
{
	if (plain.bytes)
		return;
	start_vfs();
	walk_entries_max = WALK_MAX;
	CHECK_EQ(vfs_mkdir("/mnt", 0755), 0);
	make_tree();
	plain = make_specimen("^metadata_csum");
	with_csum = make_specimen("metadata_csum");
}

struct walk try_disk(struct disk *d)
{
	struct walk w = { .errors = 1 };

	shim_log_clear();
	if (vfs_mount(d->dev.name, "/mnt", "ext4", NULL) != 0)
		return w;
	w = walk_tree("/mnt");
	CHECK_EQ(vfs_unmount("/mnt"), 0);
	return w;
}

uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	return *x ^= *x << 5;
}
