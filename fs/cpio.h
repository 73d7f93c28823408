/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads "newc" cpio archives (magic 070701, and 070702 with a checksum), as `cpio -o -H newc` and
 * Linux's initramfs have them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cpio {
	const uint8_t *start, *at, *end;
};

/* One member. name and data point into the archive; name is NUL-terminated there. */
struct cpio_entry {
	uint32_t ino, mode, uid, gid, nlink, mtime, dev_major, dev_minor, rdev_major, rdev_minor;
	const char *name;
	size_t name_len; /* bytes, without the NUL */
	const uint8_t *data;
	size_t size;     /* bytes */
};

void cpio_open(struct cpio *, const void *archive, size_t len);

/*
 * 1: *entry is the next member, 0: the archive's end, -EINVAL: damaged from here on. An empty
 * archive is fine.
 */
int cpio_next(struct cpio *, struct cpio_entry *);
size_t cpio_offset(const struct cpio *); /* bytes, of the member that was read last or is damaged */
