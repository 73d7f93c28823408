/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last resort of a transport that has no interrupt: a timer that looks at the device, in
 * interrupt context like the interrupt it stands in for.
 */
#pragma once

#include "kernel/timer.h"
#include <stdbool.h>

#define VIRTIO_POLL_MS 1u

struct virtio_poll {
	struct timer timer;
	void (*look)(struct virtio_poll *);
	bool running;
};

/* where and why: for the log. */
void virtio_poll_instead(struct virtio_poll *, void (*look)(struct virtio_poll *),
			 const char *where, const char *why);

/* Harmless where it does not run. */
static inline void virtio_poll_stop(struct virtio_poll *p)
{
	if (p->running)
		timer_stop(&p->timer);
	p->running = false;
}
