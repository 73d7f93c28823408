/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump=PORT or dump=DISK: where cores go. A panic writes one before anything else is asked about it;
 * the monitor's `dump` whenever it is told to.
 */
#include "debug/dump/dump.h"
#include "debug/dump/core.h"
#include "debug/gdb/signal.h"
#include "debug/line/line.h"
#include "debug/target/target.h"
#include "kernel/blkdev.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "kernel/printf.h"
#include "kernel/thread.h"
#include <errno.h>
#include <string.h>

#define HEAD 2048u /* of a disk: boot sector, ext4's superblock */

void dump_start(void) __attribute__((constructor(101)));

static const char *where_to;
PARAM_STRING("dump", where_to);

static struct line line = { .parameter = "dump", .disks = true };
static const struct target_stop *stop; /* the one that goes on, or the last */

int core_dump(const char *where)
{
	uint64_t len;

	if (!stop || (where && (!line.name || strcmp(where, line.name) != 0)))
		return -ENODEV;
	return core_write(&line, stop->thread, gdb_signal_of(stop), &len);
}

static const char *reason(int error)
{
	switch (error) {
	case -EBUSY:
		return "the device was in the middle of something else";
	case -ENOSPC:
		return "the disk is too small";
	case -E2BIG:
		return "too many pieces of memory, the last are missing";
	case -ETIMEDOUT:
		return "nobody takes it";
	default:
		return "the device failed";
	}
}

/* Of a panic, whoever else may have something to say about it. */
static void dump_panic(void)
{
	char text[160];
	uint64_t len = 0;
	int n, error = core_write(&line, stop->thread, gdb_signal_of(stop), &len);

	if (error)
		n = ksnprintf(text, sizeof(text), "dump=%s: no whole core: %s\n", line.name, reason(error));
	else
		n = ksnprintf(text, sizeof(text), "dump=%s: a core of %lu KiB\n", line.name, len / 1024);
	console_write(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static int stopped(const struct target_stop *s, enum target_resume *how)
{
	(void)how;
	stop = s;
	if (s->cause == DEBUGGER_PANIC && (line.port || line.disk))
		dump_panic();
	return -ENOENT;
}

static const struct target_front front = { .name = "dump", .rank = 0, .stopped = stopped };
TARGET_FRONT(front);

/* A core before, or nothing: anything else may be somebody's. */
static bool is_free(const uint8_t *head)
{
	static const uint8_t elf[] = { 0x7f, 'E', 'L', 'F' };

	return memcmp(head, elf, sizeof(elf)) == 0 || (!head[0] && !memcmp(head, head + 1, HEAD - 1));
}

/* Why a disk will not do; NULL: it will. */
static const char *complaint(struct blkdev *d)
{
	static uint8_t head[HEAD];

	if (!d->frozen_write)
		return "only virtio disks can be written to once the system has stopped";
	if (d->read_only)
		return "the disk is read-only";
	if (d->sectors * BLK_SECTOR_SIZE < HEAD || HEAD % d->block_size || blk_read(d, 0, head, HEAD))
		return "the disk cannot be read";
	if (!is_free(head))
		return "the disk holds something else; clear its first 2 KiB, or give an empty one";
	return NULL;
}

static void open_line(void *unused)
{
	const char *why = NULL;

	(void)unused;
	if (line_open(&line) && line.disk)
		why = complaint(line.disk);
	if (why) {
		log_warn("dump=%s: %s", line.name, why);
		line.disk = NULL;
	}
}

/* Runs before the app's own constructors. */
void dump_start(void)
{
	struct thread *t;

	if (!where_to)
		return;
	line.name = where_to;
	t = thread_create("dump", PRIO_APP, 0, open_line, NULL);
	if (t)
		thread_detach(t);
	else
		log_warn("dump=%s: no memory for the thread that looks for it", line.name);
}
