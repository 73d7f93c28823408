/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an ext4 disk: mounted, walked to its end, unmounted. The seeds are images without
 * checksums, so that a changed field is looked at and not just refused. To stay small an image has
 * its runs of zeros folded: see unfold().
 */
// Links: fs/*.c kernel/wait.c fs/ext4/*.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c tests/host/fs/tree.c
#include "tests/host/fs/disk.h"
#include "tests/host/shim.h"
#include "fs/vfs.h"
#include <stdlib.h>
#include <string.h>

#define BLOCK      1024u
#define BLOCKS_MAX 256u

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	walk_entries_max = 500; /* directories that contain themselves make a walk long only */
	if (vfs_init(NULL, 0) != 0 || vfs_mkdir("/t", 0755) != 0)
		abort();
	return 0;
}

/*
 * The input is a row of records: a block number (1 byte), how many bytes follow / 4 (1 byte), where
 * in the block they go / 4 (1 byte), the bytes.
 */
static void unfold(uint8_t *image, const uint8_t *data, size_t len)
{
	while (len >= 3) {
		uint8_t *to = image + data[0] * BLOCK + data[2] * 4u;
		size_t n = data[1] * 4u, room = BLOCK - data[2] * 4u;

		data += 3;
		len -= 3;
		if (n > len)
			n = len;
		memcpy(to, data, n < room ? n : room);
		data += n;
		len -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t image[BLOCKS_MAX * BLOCK];
	size_t before;
	struct disk *d;

	shim_log_clear();
	memset(image, 0, sizeof(image));
	unfold(image, data, len);
	d = disk_of_memory(image, sizeof(image));
	before = shim_allocated();
	if (vfs_mount(d->dev.name, "/t", "ext4", NULL) == 0) {
		walk_tree("/t");
		if (vfs_unmount("/t") != 0)
			abort();
	}
	if (shim_allocated() > before + 1) /* the block cache's table stays */
		abort();
	disk_close(d);
	return 0;
}
