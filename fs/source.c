/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a mount is made from: which file systems are in this image, which one a device carries,
 * which options it is given. Refusals are kept as text in the request, so that whoever asked can
 * put its own words before them, in one line.
 */
#include "fs/mount.h"
#include "kernel/blkdev.h"
#include "kernel/heap.h"
#include "kernel/printf.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

extern const struct filesystem *const __start_filesystems[], *const __stop_filesystems[];

/*
 * Disk formats are recognised here, so that the one whose driver was left out of the image can be
 * named.
 */
static const struct disk_format {
	const char *name;
	uint16_t offset;  /* bytes */
	uint16_t magic;   /* little-endian */
} disk_formats[] = {
	{ "ext4", 1024 + 0x38, 0xef53 }, /* s_magic; ext2 and ext3 have the same */
};

static const struct filesystem *find_type(const char *name)
{
	const struct filesystem *const *fs;

	for (fs = __start_filesystems; fs < __stop_filesystems; fs++)
		if (strcmp((*fs)->name, name) == 0)
			return *fs;
	return NULL;
}

int mount_refuse(struct mount_request *r, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	return error;
}

const char *mount_why(const struct mount_request *r, int error)
{
	if (r->why[0])
		return r->why;
	return error == -ENOMEM ? "out of memory" : "the device cannot be read";
}

/* Returns the bit of the option that text (len bytes) is, or 0. */
static unsigned option_bit(const char *text, size_t len, const char *const *known)
{
	for (unsigned i = 0; known[i]; i++)
		if (strncmp(known[i], text, len) == 0 && known[i][len] == '\0')
			return 1u << i;
	return 0;
}

int mount_options(struct mount_request *r, const char *const *known, unsigned *set)
{
	const char *at = r->options;

	*set = 0;
	while (*at) {
		size_t len = strcspn(at, ",");
		unsigned bit = option_bit(at, len, known);

		if (!bit && len > 0)
			return mount_refuse(r, -EINVAL, "unknown option '%.*s'", (int)len, at);
		*set |= bit;
		at += len + (at[len] == ',');
	}
	return 0;
}

static int read_magic_area(struct blkdev *dev, uint8_t area[static 4096])
{
	if (dev->sectors < 4096 / BLK_SECTOR_SIZE)
		return -ENODATA;
	return blk_read(dev, 0, area, 4096);
}

static const char *match_format(const uint8_t *area)
{
	for (size_t i = 0; i < sizeof(disk_formats) / sizeof(*disk_formats); i++) {
		const struct disk_format *f = &disk_formats[i];

		if ((area[f->offset] | area[f->offset + 1] << 8) == f->magic)
			return f->name;
	}
	return NULL;
}

static int identify(struct mount_request *r, const char **name)
{
	uint8_t *area = kmalloc(4096);
	int error = area ? read_magic_area(r->dev, area) : -ENOMEM;

	*name = error ? NULL : match_format(area);
	kfree(area);
	if (error && error != -ENODATA)
		return mount_refuse(r, error, "cannot be read");
	if (!*name)
		return mount_refuse(r, -EINVAL, "no file system that is known here; "
				    "make one with 'mke2fs -t ext4 -d DIR FILE'");
	return 0;
}

/* Fills in the device and the type of a source. */
int mount_find_source(struct mount_request *r, const char *source, const char *type,
		      const struct filesystem **fs)
{
	int error;

	*fs = find_type(type ? type : source);
	if (*fs && (*fs)->nodev)
		return 0;
	r->dev = blkdev_find(source);
	if (!r->dev)
		return mount_refuse(r, -ENODEV, "there is no such device; "
				    "attach a disk, as 'tools/thimble run --disk FILE' does");
	error = type ? 0 : identify(r, &type);
	if (error)
		return error;
	*fs = find_type(type);
	if (!*fs)
		return mount_refuse(r, -ENODEV, "%s is not in this image; "
				    "rebuild it with 'tools/thimble build --with %s'", type, type);
	return 0;
}
