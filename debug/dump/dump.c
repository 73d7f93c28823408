/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump=PORT or dump=DISK: where cores go. A panic writes one before anything else is asked about it;
 * the monitor's `dump` whenever it is told to.
 */
#include "debug/dump/core.h"
#include "debug/gdb/signal.h"
#include "debug/line/line.h"
#include "debug/monitor.h"
#include "debug/target/target.h"
#include "kernel/blkdev.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "kernel/printf.h"
#include <errno.h>
#include <string.h>

#define HEAD 2048u /* of a disk: boot sector, ext4's superblock */

void dump_start(void) __attribute__((constructor(101)));

static const char *where_to;
PARAM_STRING("dump", where_to);

static struct line line = { .parameter = "dump", .disks = true };
static const struct target_stop *stop; /* the one that goes on, or the last */

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

/* What is to be said about it. */
static const char *dump(char *text, size_t size)
{
	uint64_t len = 0;
	int error = dump_core(&line, stop->thread, gdb_signal_of(stop), &len);

	if (error)
		ksnprintf(text, size, "dump=%s: no whole core: %s\n", line.name, reason(error));
	else
		ksnprintf(text, size, "dump=%s: a core of %lu KiB\n", line.name, len / 1024);
	return text;
}

static int stopped(const struct target_stop *s, enum target_resume *how)
{
	char text[160];

	(void)how;
	stop = s;
	if (s->cause == DEBUGGER_PANIC && (line.port || line.disk)) {
		dump(text, sizeof(text));
		console_write(text, strlen(text));
	}
	return -ENOENT;
}

static const struct target_front front = { .name = "dump", .rank = 0, .stopped = stopped };
TARGET_FRONT(front);

static void run_dump(const struct monitor_args *args)
{
	char text[160];

	(void)args;
	if (line.port || line.disk)
		monitor_print("%s", dump(text, sizeof(text)));
	else
		monitor_print("there is nowhere to write to: boot with dump=PORT or dump=DISK\n");
}

static const struct monitor_command command = {
	.name = "dump", .help = "write an ELF core, for gdb, to where dump= says",
	.run = run_dump,
};
MONITOR_COMMAND(command);

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

/* Runs before the app's own constructors: what fails early is to be dumped as well. */
void dump_start(void)
{
	const char *why;

	if (!where_to)
		return;
	line.name = where_to;
	if (!debugger_line_open(&line) || !line.disk || !(why = complaint(line.disk)))
		return;
	log_warn("dump=%s: %s", line.name, why);
	line.disk = NULL;
}
