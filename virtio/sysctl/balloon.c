/* SPDX-License-Identifier: BSD-2-Clause */
/* What each balloon has and did: hw.vtballoon.0.actual. */
#include "kernel/sysctl.h"
#include "virtio/virtio_balloon.h"

static void balloon(struct sysctl_walk *w, const struct balloon *b)
{
	const char *unit = b->name + sizeof "vtballoon" - 1;

	sysctl_gauge(w, b->target, "pages that the host wants", "hw.vtballoon.%s.target", unit);
	sysctl_gauge(w, b->pages, "pages that the host has", "hw.vtballoon.%s.actual", unit);
	sysctl_counter(w, b->stats.inflated, "pages given to the host", "hw.vtballoon.%s.inflated", unit);
	sysctl_counter(w, b->stats.deflated, "pages taken back", "hw.vtballoon.%s.deflated", unit);
	sysctl_counter(w, b->stats.given, "of these, because memory lacked", "hw.vtballoon.%s.given", unit);
	sysctl_counter(w, b->stats.reported, "free pages reported", "hw.vtballoon.%s.reported", unit);
	sysctl_counter(w, b->stats.hinted, "free pages hinted", "hw.vtballoon.%s.hinted", unit);
}

static void balloons(struct sysctl_walk *w)
{
	if (!w->frozen)
		mutex_lock(&virtio_devices_lock);
	for (const struct virtio_device *d = virtio_devices; d; d = d->next)
		if (d->id == VIRTIO_ID_BALLOON && d->driver_data)
			balloon(w, d->driver_data);
	if (!w->frozen)
		mutex_unlock(&virtio_devices_lock);
}
SYSCTL_SOURCE(balloons);
