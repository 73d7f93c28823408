/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_poll.h. */
#include "virtio/virtio_poll.h"
#include "kernel/clock.h"
#include "kernel/list.h"
#include "kernel/log.h"

static void again(struct virtio_poll *p)
{
	timer_start(&p->timer, clock_now_ns() + VIRTIO_POLL_MS * 1000000ull);
}

static void fire(struct timer *timer)
{
	struct virtio_poll *p = container_of(timer, struct virtio_poll, timer);

	p->look(p);
	again(p);
}

void virtio_poll_instead(struct virtio_poll *p, void (*look)(struct virtio_poll *),
			 const char *where, const char *why)
{
	if (p->running)
		return;
	log_warn("%s: %s; looking at its queues every %u ms instead", where, why, VIRTIO_POLL_MS);
	p->running = true;
	p->look = look;
	p->timer.fire = fire;
	again(p);
}
