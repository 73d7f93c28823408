/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as the archive that the RAM file system starts with: the tree can be walked, written to
 * and unmounted.
 */
// Links: fs/*.c kernel/wait.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c tests/host/fs/tree.c
#include "tests/host/fs/disk.h"
#include "tests/host/shim.h"
#include "fs/ramfs.h"
#include "fs/vfs.h"
#include <fcntl.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	if (vfs_init(NULL, 0) != 0 || vfs_mkdir("/t", 0755) != 0)
		abort();
	return 0;
}

static void write_something(void)
{
	struct file *f;

	if (vfs_open("/t/f", O_RDWR | O_CREAT, 0644, &f) != 0)
		return;
	f->ops->pwrite(f, "written", 7, 5000);
	f->ops->truncate(f, 3);
	file_put(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t before = shim_allocated();

	shim_log_clear();
	ramfs_set_archive(data, len);
	if (vfs_mount("ramfs", "/t", NULL, NULL) != 0)
		abort();
	write_something();
	walk_tree("/t");
	if (vfs_unmount("/t") != 0 || shim_allocated() != before)
		abort();
	return 0;
}
