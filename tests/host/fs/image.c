/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/host/fs/disk.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "fs/vfs.h"

void start_vfs(void)
{
	static bool started;

	if (!started && vfs_init(NULL, 0) != 0)
		exit(1);
	started = true;
	shim_log_clear();
}

void make_image(const char *options, const char *size)
{
	const char *type = strstr(options, "-t ") ? "" : "-t ext4";

	run("mke2fs -q -F %s %s -d tree image %s >/dev/null 2>errors || { cat errors; false; }",
	    type, options, size);
}

struct disk *try_mount(const char *options, int *error)
{
	struct disk *d = disk_open(scratch("image"));

	*error = vfs_mount(d->dev.name, "/mnt", NULL, options);
	if (!*error)
		return d;
	disk_close(d);
	return NULL;
}

struct disk *must_mount(void)
{
	int error;
	struct disk *d = try_mount(NULL, &error);

	if (!d) {
		printf("  mount: %d\n", error);
		exit(1);
	}
	return d;
}

void unmount(struct disk *d)
{
	CHECK_EQ(vfs_unmount("/mnt"), 0);
	disk_close(d);
}
