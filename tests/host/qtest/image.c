/* SPDX-License-Identifier: BSD-2-Clause */
/* See image.h. */
#include "tests/host/qtest/image.h"
#include "kernel/heap.h"
#include "tests/host/qtest/qemu.h"
#include "tests/host/test.h"
#include <unistd.h>

static uint8_t *new_buffer(size_t len)
{
	uint8_t *buffer = malloc(len);

	if (!buffer)
		abort();
	return buffer;
}

static void fill(uint8_t *data, uint64_t sector, size_t len, unsigned generation)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 31 + (sector + i / 512) * 7 + ((sector + i / 512) >> 8) + generation * 101);
}

void image_make(struct image *m, uint64_t sectors)
{
	char path[QEMU_PATH_MAX];

	m->fd = qemu_file(path);
	m->sectors = sectors;
	m->buffer = kmalloc(sectors * 512);
	fill(m->buffer, 0, sectors * 512, 0);
	CHECK_EQ(pwrite(m->fd, m->buffer, sectors * 512, 0), sectors * 512);
	qemu_add("-blockdev driver=file,node-name=disk,filename=%s", path);
}

/* What is in memory is what is in the file. */
static void check_same(struct image *m, uint64_t sector, size_t len)
{
	uint8_t *there = new_buffer(len);

	CHECK_EQ(pread(m->fd, there, len, (off_t)(sector * 512)), len);
	CHECK(memcmp(m->buffer, there, len) == 0);
	free(there);
}

void image_check_read(struct image *m, struct blkdev *disk, uint64_t sector, uint64_t nsectors)
{
	memset(m->buffer, 0xee, nsectors * 512);
	CHECK_EQ(blk_read(disk, sector, m->buffer, nsectors * 512), 0);
	check_same(m, sector, nsectors * 512);
}

void image_check_write(struct image *m, struct blkdev *disk, uint64_t sector, uint64_t nsectors)
{
	static unsigned generation;

	fill(m->buffer, sector, nsectors * 512, ++generation);
	CHECK_EQ(blk_write(disk, sector, m->buffer, nsectors * 512), 0);
	check_same(m, sector, nsectors * 512);
}
