/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The newc cpio format: a header of 110 ASCII characters, the name, the data; name and data are
 * padded to 4 bytes from the archive's start. Source: cpio(5) of FreeBSD, "New ASCII Format", and
 * Linux, Documentation/driver-api/early-userspace/buffer-format.rst. Nothing in an archive is
 * believed before it has been held against the archive's length.
 */
#include "fs/cpio.h"
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* The header's fields after the magic, 8 hexadecimal digits each. */
enum field {
	F_INO, F_MODE, F_UID, F_GID, F_NLINK, F_MTIME, F_FILESIZE, F_DEVMAJOR, F_DEVMINOR,
	F_RDEVMAJOR, F_RDEVMINOR, F_NAMESIZE, F_CHECK, F_COUNT
};

#define MAGIC_LEN  6u
#define HEADER_LEN (MAGIC_LEN + F_COUNT * 8u)
#define TRAILER    "TRAILER!!!"

_Static_assert(HEADER_LEN == 110, "newc header");

void cpio_open(struct cpio *c, const void *archive, size_t len)
{
	c->start = c->at = archive;
	c->end = c->start + len;
}

size_t cpio_offset(const struct cpio *c)
{
	return (size_t)(c->at - c->start);
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex8(const uint8_t *text, uint32_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < 8; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return false;
		*value = *value << 4 | (uint32_t)digit;
	}
	return true;
}

static bool parse_header(const struct cpio *c, uint32_t fields[F_COUNT], bool *has_check)
{
	if ((size_t)(c->end - c->at) < HEADER_LEN || memcmp(c->at, "07070", 5) != 0)
		return false;
	if (c->at[5] != '1' && c->at[5] != '2')
		return false;
	*has_check = c->at[5] == '2';
	for (unsigned i = 0; i < F_COUNT; i++)
		if (!parse_hex8(c->at + MAGIC_LEN + i * 8, &fields[i]))
			return false;
	return true;
}

/*
 * The place len bytes after from, padded to 4 from the archive's start; NULL: beyond the end. The
 * last padding may be cut off.
 */
static const uint8_t *advance(const struct cpio *c, const uint8_t *from, uint64_t len)
{
	uint64_t left = (uint64_t)(c->end - from);
	uint64_t offset;

	if (len > left)
		return NULL;
	offset = ((uint64_t)(from - c->start) + len + 3) & ~(uint64_t)3;
	return offset > (uint64_t)(c->end - c->start) ? c->end : c->start + offset;
}

/*
 * Only regular files have one. Of several names of a file only one brings the data, but GNU cpio
 * gives each the checksum.
 */
static bool checksum_right(const struct cpio_entry *e, uint32_t expected)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < e->size; i++)
		sum += e->data[i];
	return !S_ISREG(e->mode) || e->size == 0 || sum == expected;
}

static void fill(struct cpio_entry *e, const uint32_t *fields)
{
	e->ino = fields[F_INO];
	e->mode = fields[F_MODE];
	e->uid = fields[F_UID];
	e->gid = fields[F_GID];
	e->nlink = fields[F_NLINK];
	e->mtime = fields[F_MTIME];
	e->dev_major = fields[F_DEVMAJOR];
	e->dev_minor = fields[F_DEVMINOR];
	e->rdev_major = fields[F_RDEVMAJOR];
	e->rdev_minor = fields[F_RDEVMINOR];
	e->name_len = fields[F_NAMESIZE] - 1;
	e->size = fields[F_FILESIZE];
}

int cpio_next(struct cpio *c, struct cpio_entry *e)
{
	uint32_t fields[F_COUNT];
	const uint8_t *next;
	bool has_check;

	if (c->at == c->end)
		return c->at == c->start ? 0 : -EINVAL;
	if (!parse_header(c, fields, &has_check) || fields[F_NAMESIZE] == 0)
		return -EINVAL;
	fill(e, fields);
	e->name = (const char *)c->at + HEADER_LEN;
	e->data = advance(c, c->at + HEADER_LEN, fields[F_NAMESIZE]);
	if (!e->data || strnlen(e->name, fields[F_NAMESIZE]) != e->name_len)
		return -EINVAL;
	if (strcmp(e->name, TRAILER) == 0)
		return 0;
	next = advance(c, e->data, e->size);
	if (!next || (has_check && !checksum_right(e, fields[F_CHECK])))
		return -EINVAL;
	c->at = next;
	return 1;
}
