/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding what gdb= and dump= name. */
#include "debug/line/line.h"
#include "kernel/blkdev.h"
#include "kernel/clock.h"
#include "kernel/log.h"
#include "kernel/port.h"
#include "kernel/thread.h"
#include <string.h>

#define LOOK_EVERY_NS 10000000ull
#define LOOKS         500 /* five seconds */

static const char *plain(const char *name)
{
	static const char *const folders[] = { "/dev/virtio-ports/", "/dev/" };

	for (unsigned i = 0; i < 2; i++)
		if (strncmp(name, folders[i], strlen(folders[i])) == 0)
			return name + strlen(folders[i]);
	return name;
}

/* True: there is no need to look any further. */
static bool look(struct line *l)
{
	struct port *p = port_find(plain(l->name));

	if (!p)
		return false;
	if (port_claim(p, l->arrived, l) == 0)
		l->port = p;
	else
		log_warn("%s=%s: another has this port already", l->parameter, l->name);
	return true;
}

static bool look_at_disks(struct line *l)
{
	if (l->disks)
		l->disk = blkdev_find(plain(l->name));
	return l->disk;
}

static void wait_for_port(struct line *l)
{
	for (unsigned i = 0; i < LOOKS; i++) {
		if (look(l))
			return;
		thread_sleep_until(clock_now_ns() + LOOK_EVERY_NS);
	}
	log_warn("%s=%s: there is no such port%s", l->parameter, l->name, l->disks ? ", and no such disk" : "");
}

bool debugger_line_open(struct line *l)
{
	if (!look(l) && !look_at_disks(l))
		wait_for_port(l);
	return l->port || l->disk;
}

static void run(void *arg)
{
	wait_for_port(arg);
}

void debugger_line_open_later(struct line *l)
{
	struct thread *t;

	if (look(l))
		return;
	t = thread_create(l->parameter, PRIO_APP, 0, run, l);
	if (t)
		thread_detach(t);
	else
		log_warn("%s=%s: no memory for the thread that looks for it", l->parameter, l->name);
}
