/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/host/fs/disk.h"
#include "tests/host/test.h"
#include "kernel/heap.h"
#include "kernel/tty.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const struct file_ops tty_file_ops; /* devfs names it; no test here opens the console */

/* --- the disk --- */

static int transfer(struct disk *d, const struct blk_req *r)
{
	uint8_t *at = d->bytes + r->sector * BLK_SECTOR_SIZE;

	for (unsigned i = 0; i < r->nsg; i++) {
		if (r->op == BLK_READ)
			memcpy(r->sg[i].addr, at, r->sg[i].len);
		else
			memcpy(at, r->sg[i].addr, r->sg[i].len);
		at += r->sg[i].len;
	}
	return 0;
}

static int submit(struct blkdev *dev, struct blk_req *r)
{
	struct disk *d = container_of(dev, struct disk, dev);

	d->requests++;
	if (d->fail_in && --d->fail_in == 0)
		blk_complete(r, -EIO);
	else
		blk_complete(r, r->op == BLK_FLUSH ? 0 : transfer(d, r));
	return 0;
}

static struct disk *new_disk(void *bytes, size_t len)
{
	struct disk *d = calloc(1, sizeof(*d));

	d->bytes = bytes;
	d->len = len;
	d->dev = (struct blkdev){
		.sectors = len / BLK_SECTOR_SIZE,
		.block_size = 512,
		.max_sg = 126,
		.max_sectors = UINT32_MAX,
		.submit = submit,
	};
	blkdev_register(&d->dev, "vd");
	return d;
}

struct disk *disk_open(const char *image)
{
	int fd = open(image, O_RDONLY);
	struct stat st;
	void *bytes;

	if (fd < 0 || fstat(fd, &st) != 0) {
		perror(image);
		exit(1);
	}
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED) {
		perror(image);
		exit(1);
	}
	return new_disk(bytes, (size_t)st.st_size);
}

struct disk *disk_of_memory(const void *bytes, size_t len)
{
	void *copy = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(copy, bytes, len);
	return new_disk(copy, len);
}

void disk_close(struct disk *d)
{
	blkdev_unregister(&d->dev);
	munmap(d->bytes, d->len);
	free(d);
}

/* --- the scratch folder --- */

static char folder[256];

static void remove_folder(void)
{
	char command[2 * sizeof(folder) + 64];

	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", folder, folder);
	if (system(command) != 0)
		perror(command);
}

const char *scratch(const char *name)
{
	static char buffers[8][512];
	static unsigned turn;
	char *path = buffers[turn++ % 8];

	if (!folder[0]) {
		const char *tmp = getenv("TMPDIR");

		snprintf(folder, sizeof(folder), "%s/disk-%d", tmp ? tmp : "/tmp", (int)getpid());
		if (mkdir(folder, 0700) != 0) {
			perror(folder);
			exit(1);
		}
		atexit(remove_folder);
	}
	snprintf(path, 512, "%s/%s", folder, name);
	return path;
}

void run(const char *fmt, ...)
{
	char command[2048];
	int n = snprintf(command, sizeof(command), "cd %s && { ", scratch(""));
	va_list ap;

	va_start(ap, fmt);
	n += vsnprintf(command + n, sizeof(command) - (size_t)n, fmt, ap);
	va_end(ap);
	snprintf(command + n, sizeof(command) - (size_t)n, "; }");
	if (system(command) != 0) {
		printf("  failed: %s\n", command);
		test_failures++;
	}
}

void make_file(const char *path, size_t len)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	uint32_t x = (uint32_t)len * 2654435761u + 1;
	char *bytes = malloc(len + 1);

	for (const char *c = path + strlen(folder); *c; c++)
		x = x * 31 + (uint8_t)*c;
	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (char)(x >> 24);
	}
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len) {
		perror(path);
		exit(1);
	}
	close(fd);
	free(bytes);
}

void make_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0) {
		perror(path);
		exit(1);
	}
	fclose(f);
}
