/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtqueues, below their devices: dev.vtnet.0.vq1.buffers. Disks are counted as FreeBSD does. */
#include "kernel/sysctl.h"
#include "virtio/virtio.h"
#include <string.h>

struct place { char driver[16]; unsigned unit; };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "vtnet0" is vtnet 0, "vdb" vtblk 1; one that has no name yet is known by its type. */
static struct place place_of(const struct virtio_device *d)
{
	struct place p = { "virtio", (unsigned)d->id };
	const char *name = d->name;
	size_t len = strlen(name);

	if (d->id == VIRTIO_ID_BLOCK && strncmp(name, "vd", 2) == 0 && len == 3)
		return (struct place){ "vtblk", (unsigned)(name[2] - 'a') };
	while (len && is_digit(name[len - 1]))
		len--;
	if (name == d->where || !len || len >= sizeof p.driver || !name[len])
		return p;
	memcpy(p.driver, name, len);
	p.driver[len] = '\0';
	p.unit = 0;
	for (name += len; *name; name++)
		p.unit = p.unit * 10 + (unsigned)(*name - '0');
	return p;
}

static void queue(struct sysctl_walk *w, const struct place *p, const struct virtqueue *vq)
{
	unsigned n = vq->spec.index;

	sysctl_counter(w, vq->buffers, "buffers given to the device", "dev.%s.%u.vq%u.buffers", p->driver, p->unit, n);
	sysctl_counter(w, vq->notifications, "times the device was told", "dev.%s.%u.vq%u.notifications", p->driver,
		       p->unit, n);
	sysctl_counter(w, vq->interrupts, "times the device told", "dev.%s.%u.vq%u.interrupts", p->driver, p->unit, n);
	sysctl_int(w, vq->in_flight, "buffers that the device has", "dev.%s.%u.vq%u.in_flight", p->driver, p->unit, n);
	sysctl_int(w, vq->num_free, "descriptors that are free", "dev.%s.%u.vq%u.free", p->driver, p->unit, n);
	sysctl_int(w, vq->size, "descriptors", "dev.%s.%u.vq%u.size", p->driver, p->unit, n);
}

static void queues(struct sysctl_walk *w)
{
	if (!w->frozen)
		mutex_lock(&virtio_devices_lock);
	for (const struct virtio_device *d = virtio_devices; d; d = d->next) {
		struct place p = place_of(d);

		for (const struct virtqueue *vq = d->queues; vq; vq = vq->next)
			queue(w, &p, vq);
	}
	if (!w->frozen)
		mutex_unlock(&virtio_devices_lock);
}
SYSCTL_SOURCE(queues);
