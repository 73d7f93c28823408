/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory, breakpoints and watchpoints. */
#include "debug/gdb/gdb.h"

#define PIECE      256u
#define WATCH_MAX  8u    /* bytes that one debug register covers */

static bool scan_range(const char **at, uint64_t *address, uint64_t *len)
{
	return gdb_scan_number(at, address) && gdb_scan_char(at, ',') && gdb_scan_number(at, len);
}

/* m address,len. What can be read of it, if that is anything. */
void gdb_memory_read(const char *at)
{
	uint8_t bytes[PIECE];
	uint64_t address, len, done = 0;
	size_t n = sizeof(bytes);

	if (!scan_range(&at, &address, &len) || *at) {
		gdb_reply_error();
		return;
	}
	if (len > PACKET_MAX / 2)
		len = PACKET_MAX / 2;
	for (; done < len && n == sizeof(bytes); done += n) {
		size_t want = len - done < sizeof(bytes) ? len - done : sizeof(bytes);

		n = target_read(address + done, bytes, want);
		gdb_reply_hex(bytes, n);
	}
	if (len && !done)
		gdb_reply_error();
}

/* M address,len:digits */
void gdb_memory_write(const char *at)
{
	uint8_t bytes[PIECE];
	uint64_t address, len;
	bool good = scan_range(&at, &address, &len) && gdb_scan_char(&at, ':') && len <= PACKET_MAX / 2;

	while (good && len) {
		size_t n = len < sizeof(bytes) ? len : sizeof(bytes);

		good = gdb_scan_hex(&at, bytes, n) && target_write(address, bytes, n) == n;
		address += n;
		len -= n;
	}
	if (good)
		gdb_reply_ok();
	else
		gdb_reply_error();
}

/* X address,len:bytes. len 0 asks whether this is known. */
void gdb_memory_write_binary(const char *at, size_t packet_len)
{
	const char *start = at;
	uint64_t address, len;

	if (scan_range(&at, &address, &len) && gdb_scan_char(&at, ':') &&
	    len == packet_len - (size_t)(at - start) && target_write(address, at, len) == len)
		gdb_reply_ok();
	else
		gdb_reply_error();
}

/* As gdb numbers them: software and hardware breakpoint, watch writes, reads, both. */
static const enum target_point kinds[] = {
	TARGET_SOFT_BREAK, TARGET_HARD_BREAK, TARGET_WATCH_WRITE, TARGET_WATCH_ACCESS, TARGET_WATCH_ACCESS,
};

/* The first piece of a watched range that the processor can watch. */
static unsigned first_piece(uint64_t address, uint64_t len)
{
	unsigned piece = WATCH_MAX;

	while (address % piece || piece > len)
		piece /= 2;
	return piece;
}

static int clear_points(enum target_point kind, uint64_t address, uint64_t len)
{
	int error = 0;

	while (len && !error) {
		unsigned piece = first_piece(address, len);

		error = target_point_clear(kind, address, piece);
		address += piece;
		len -= piece;
	}
	return error;
}

/* All of the range or none of it. */
static int set_points(enum target_point kind, uint64_t address, uint64_t len)
{
	uint64_t done = 0;

	while (done < len) {
		unsigned piece = first_piece(address + done, len - done);
		int error = target_point_set(kind, address + done, piece);

		if (error) {
			clear_points(kind, address, done);
			return error;
		}
		done += piece;
	}
	return 0;
}

static void change_points(const char *at, int (*change)(enum target_point, uint64_t, uint64_t))
{
	uint64_t kind, address, len;
	int error = -1;

	if (gdb_scan_number(&at, &kind) && kind > 4)
		return; /* not supported */
	if (gdb_scan_char(&at, ',') && scan_range(&at, &address, &len) && len && len <= 4 * WATCH_MAX)
		error = change(kinds[kind], address, kind < 2 ? 1 : len);
	if (error)
		gdb_reply_error();
	else
		gdb_reply_ok();
}

/* Z kind,address,len */
void gdb_point_set(const char *at)
{
	change_points(at, set_points);
}

void gdb_point_clear(const char *at)
{
	change_points(at, clear_points);
}

/* Whoever set them is gone. */
void gdb_points_forget(void)
{
	struct target_point_info p;

	while (target_point_at(0, &p) && target_point_clear(p.kind, p.address, p.len) == 0)
		;
}
