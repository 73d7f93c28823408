/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a parameter of the debugger leads: a port, or a disk. Ports of a virtio console and SCSI disks
 * come when the host has told of them, which may be after main() has begun.
 */
#pragma once

#include <stdbool.h>

struct blkdev;
struct port;

struct line {
	const char *parameter; /* "gdb"; for the log */
	const char *name;      /* what follows its = */
	bool disks;            /* may be one */
	void (*arrived)(struct port *, void *arg); /* see port_claim(); NULL: nothing is read */
	struct port *port;     /* claimed; NULL: none yet */
	struct blkdev *disk;
};

/*
 * Threads: waits for the port or disk, for some seconds, and takes it. False: it is not there or
 * somebody else's; a line in the log says so.
 */
bool debugger_line_open(struct line *);

/* The same for ports; one that is not there yet is waited for by a thread of its own. */
void debugger_line_open_later(struct line *);
