/* SPDX-License-Identifier: BSD-2-Clause */
/* Collects what a disk gets in whole blocks, and a port in one go. */
#include "debug/dump/out.h"
#include "debug/line/line.h"
#include "debug/target/target.h"
#include "kernel/blkdev.h"
#include "kernel/port.h"
#include "kernel/x86_64/cpu.h"
#include <errno.h>
#include <string.h>

#define BUFFER 8192u
#define PATIENCE_TICKS 20000000000ull /* of the TSC: some seconds in which a port takes nothing at all */

static uint8_t buffer[BUFFER] __attribute__((aligned(BUFFER)));
static size_t filled;
static uint64_t sector;
static const struct line *to;
static int error;

int dump_out_begin(const struct line *l, uint64_t len)
{
	to = l;
	filled = 0;
	sector = 0;
	error = 0;
	if (!l->port && !l->disk)
		error = -ENODEV;
	else if (l->disk && l->disk->sectors * BLK_SECTOR_SIZE < len + BUFFER)
		error = -ENOSPC;
	return error;
}

static int send(const uint8_t *at, size_t len)
{
	uint64_t since = cpu_tsc();

	while (len) {
		ssize_t n = to->port->ops->frozen_write(to->port, at, len);

		if (n < 0 && n != -EAGAIN)
			return (int)n;
		if (n <= 0 && cpu_tsc() - since > PATIENCE_TICKS)
			return -ETIMEDOUT;
		if (n <= 0)
			continue;
		since = cpu_tsc();
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A disk gets the whole buffer, whatever len. */
static void flush(size_t len)
{
	filled = 0;
	if (error)
		return;
	if (to->port)
		error = send(buffer, len);
	else
		error = to->disk->frozen_write(to->disk, sector, buffer, BUFFER);
	sector += BUFFER / BLK_SECTOR_SIZE;
}

/* Where the next len bytes or so go; *n: how many fit there. */
static uint8_t *room(size_t len, size_t *n)
{
	if (filled == BUFFER)
		flush(BUFFER);
	*n = len < BUFFER - filled ? len : BUFFER - filled;
	filled += *n;
	return buffer + filled - *n;
}

void dump_out_write(const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	for (size_t n; len > 0; from += n, len -= n) {
		uint8_t *at = room(len, &n);

		memcpy(at, from, n);
	}
}

void dump_out_zeroes(size_t len)
{
	for (size_t n; len > 0; len -= n) {
		uint8_t *at = room(len, &n);

		memset(at, 0, n);
	}
}

void dump_out_memory(uint64_t address, uint64_t len)
{
	for (size_t n, there; len > 0 && !error; address += n, len -= n) {
		uint8_t *at = room(len, &n);

		there = target_read(address, at, n);
		memset(at + there, 0, n - there);
	}
}

int dump_out_end(void)
{
	if (to->disk && !error)
		memset(buffer + filled, 0, BUFFER - filled);
	flush(filled);
	return error;
}
