/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices and their queues: indices of both sides, what is in flight, who wants to be told of
 * what. The device may go on writing its part meanwhile.
 */
#include "debug/monitor.h"
#include "debug/target/target.h"
#include "kernel/printf.h"
#include "virtio/virtio.h"
#include "virtio/virtqueue_ring.h"
#include <string.h>

#define DEVICES_MAX 1000u
#define QUEUES_MAX  1000u
#define PIECES_MAX  64u   /* shown of one buffer */

/* --- devices --- */

/* False: that was the last. */
static bool next_device(const struct virtio_device **at, struct virtio_device *copy)
{
	*at = *at ? copy->next : virtio_devices;
	return *at && monitor_copy(copy, *at, sizeof *copy);
}

static const char *name_of(const struct virtio_device *d)
{
	return d->name ? d->name : d->where;
}

static const char *health_of(const struct virtio_device *d)
{
	if (d->lost)
		return "gone";
	if (d->broken)
		return "broken, waits to be reset";
	return d->live ? "works" : "is not started";
}

static void print_features(const struct virtio_device *d)
{
	const struct virtio_feature *f = d->driver ? d->driver->features : NULL;

	monitor_print("  features 0x%lx of 0x%lx:", d->features, d->offered);
	for (; f && f->name; f++)
		if (d->offered >> f->bit & 1)
			monitor_print(" %c%s", d->features >> f->bit & 1 ? '+' : '-', f->name);
	monitor_print("\n");
}

/* False: that was the last. */
static bool next_queue(const struct virtio_device *d, const struct virtqueue **at, struct virtqueue *copy)
{
	*at = *at ? copy->next : d->queues;
	return *at && monitor_copy(copy, *at, sizeof *copy);
}

static void print_queue(const struct virtqueue *q)
{
	monitor_print("  queue %u: %u entries, %u buffers in flight, %u entries free%s; so far %lu buffers, %lu notifications, "
		      "%lu interrupts\n", q->spec.index, q->size, q->in_flight, q->num_free, q->broken ? ", broken" : "",
		      q->buffers, q->notifications, q->interrupts);
}

static void show_virtio(const struct monitor_args *args)
{
	const struct virtio_device *at = NULL;
	struct virtio_device d;

	(void)args;
	for (unsigned n = 0; n < DEVICES_MAX && next_device(&at, &d); n++) {
		const struct virtqueue *q = NULL;
		struct virtqueue copy;

		monitor_print("%s: type %u at %s, %s interface, driver %s, status 0x%02x, %s\n", name_of(&d), d.id, d.where,
			      d.transport->name, d.driver ? d.driver->name : "none", d.status, health_of(&d));
		print_features(&d);
		for (unsigned i = 0; i < QUEUES_MAX && next_queue(&d, &q, &copy); i++)
			print_queue(&copy);
	}
	if (!virtio_devices)
		monitor_print("none\n");
}

static const struct monitor_command virtio_show = {
	"virtio", NULL, "virtio devices, their features and queues", NULL, show_virtio,
};
MONITOR_SHOW(virtio_show);

/* --- one queue --- */

static void print_piece(unsigned i, const struct virtq_desc *d)
{
	monitor_print("      entry %u: 0x%lx, %u bytes, device-%s%s\n", i, d->addr, d->len,
		      d->flags & VIRTQ_DESC_F_WRITE ? "writable" : "readable",
		      d->flags & VIRTQ_DESC_F_INDIRECT ? ", a table" : "");
}

/* 2.7.5.3: its entries are of the ring's kind, and lie in memory that is mapped 1:1. */
static void print_table(const struct virtq_desc *table)
{
	const struct virtq_desc *entries = (const struct virtq_desc *)table->addr;
	struct virtq_desc d;

	for (unsigned i = 0; i < table->len / sizeof d && i < PIECES_MAX && monitor_copy(&d, entries + i, sizeof d); i++)
		print_piece(i, &d);
}

static void print_split_chain(const struct virtqueue *q, uint16_t id)
{
	struct virtq_desc d;
	unsigned at = id;

	for (unsigned n = 0; n < PIECES_MAX && at < q->size; n++) {
		if (!monitor_copy(&d, &q->split.desc[at], sizeof d))
			return;
		print_piece(at, &d);
		if (d.flags & VIRTQ_DESC_F_INDIRECT)
			print_table(&d);
		if (!(d.flags & VIRTQ_DESC_F_NEXT))
			return;
		at = d.next;
	}
}

static void print_in_flight(const struct virtqueue *q)
{
	struct virtqueue_token t;
	unsigned shown = 0;

	for (unsigned id = 0; id < q->size && shown < q->in_flight; id++) {
		if (!monitor_copy(&t, &q->tokens[id], sizeof t))
			return;
		if (!t.token)
			continue;
		shown++;
		monitor_print("    buffer %u: %u entries%s, the device may write %u bytes, token %p\n", id, t.count,
			      t.indirect ? " (pieces in a table)" : "", t.writable, t.token);
		if (q->ops == &virtqueue_split_ops)
			print_split_chain(q, (uint16_t)id);
	}
}

/* The other side's view of a split ring: what it has done, and what it wants to hear of. */
struct split_state {
	uint16_t avail_flags, avail_idx, used_event, used_flags, used_idx, avail_event;
};

static bool read_split(const struct virtqueue *q, struct split_state *s)
{
	return monitor_copy(&s->avail_flags, &q->split.avail->flags, 2) &&
	       monitor_copy(&s->avail_idx, &q->split.avail->idx, 2) &&
	       monitor_copy(&s->used_event, &q->split.avail->ring[q->size], 2) &&
	       monitor_copy(&s->used_flags, &q->split.used->flags, 2) &&
	       monitor_copy(&s->used_idx, &q->split.used->idx, 2) &&
	       monitor_copy(&s->avail_event, &q->split.used->ring[q->size], 2);
}

static void print_split(const struct virtqueue *q)
{
	struct split_state s;
	uint16_t unpublished = (uint16_t)(q->split.avail_next - q->split.avail_idx), untaken;

	if (!read_split(q, &s))
		return;
	untaken = (uint16_t)(s.used_idx - q->split.last_used);
	monitor_print("    split ring at %p: avail idx %u (%u more filled), used idx %u, taken back up to %u\n", q->ring,
		      s.avail_idx, unpublished, s.used_idx, q->split.last_used);
	monitor_print("    the device has %u buffers; %u are back that nobody took\n",
		      (uint16_t)(s.avail_idx - s.used_idx), untaken);
	if (q->event_idx)
		monitor_print("    by event index: it interrupts when used idx passes %u, it wants a notification when avail idx "
			      "passes %u\n", s.used_event, s.avail_event);
	else
		monitor_print("    by flags: interrupts %s, notifications %s\n",
			      s.avail_flags & VIRTQ_AVAIL_F_NO_INTERRUPT ? "off" : "on",
			      s.used_flags & VIRTQ_USED_F_NO_NOTIFY ? "not wanted" : "wanted");
}

static void print_suppression(const char *what, uint32_t e)
{
	static const char *const words[] = { "each", "none", "at an entry", "nonsense" };

	monitor_print("    %s: %s", what, words[PVIRTQ_EVENT_FLAGS(e)]);
	if (PVIRTQ_EVENT_FLAGS(e) == PVIRTQ_EVENT_DESC)
		monitor_print(" (%u, wrap %u)", PVIRTQ_EVENT_OFF(e), PVIRTQ_EVENT_WRAP(e));
	monitor_print("\n");
}

static void print_packed(const struct virtqueue *q)
{
	struct pvirtq_desc d;
	uint32_t driver, device;
	bool available, used;

	if (!monitor_copy(&driver, q->packed.driver, 4) || !monitor_copy(&device, q->packed.device, 4) ||
	    !monitor_copy(&d, &q->packed.desc[q->packed.last_used % q->size], sizeof d))
		return;
	available = d.flags & PVIRTQ_DESC_F_AVAIL;
	used = d.flags & PVIRTQ_DESC_F_USED;
	monitor_print("    packed ring at %p: next entry %u (wrap %u), %u filled and not told, taken back up to %u (wrap %u)\n",
		      q->ring, q->packed.avail_next, q->packed.avail_wrap, q->packed.added, q->packed.last_used,
		      q->packed.used_wrap);
	monitor_print("    the entry there says: id %u, flags 0x%x: %s\n", d.id, d.flags,
		      available == used && used == q->packed.used_wrap ? "back, and nobody took it" :
		      q->in_flight ? "the device has it" : "empty");
	print_suppression("interrupts wanted", driver);
	print_suppression("notifications wanted", device);
}

static void print_whole_queue(const struct virtqueue *q)
{
	print_queue(q);
	monitor_print("    vector %u%s%s%s\n", q->vector, q->event_idx ? ", event index" : "", q->in_order ? ", in order" : "",
		      q->indirect ? ", indirect tables" : "");
	if (q->ops == &virtqueue_split_ops)
		print_split(q);
	else
		print_packed(q);
	print_in_flight(q);
}

/* "vda", "vda.0", "0000:00:03.0": a device by its name or place, and perhaps one of its queues. */
static bool is_meant(const struct virtio_device *d, const char *word, long *queue)
{
	const char *names[] = { name_of(d), d->where };

	for (unsigned i = 0; i < 2; i++) {
		size_t len = strlen(names[i]);

		if (strncmp(word, names[i], len) != 0 || (word[len] && word[len] != '.'))
			continue;
		*queue = word[len] ? 0 : -1;
		for (const char *c = word + len + 1; word[len] && *c >= '0' && *c <= '9'; c++)
			*queue = *queue * 10 + *c - '0';
		return true;
	}
	return false;
}

static void show_virtqueue(const struct monitor_args *args)
{
	const struct virtio_device *at = NULL;
	struct virtio_device d;
	unsigned shown = 0;
	long wanted;

	for (unsigned n = 0; args->n && n < DEVICES_MAX && next_device(&at, &d); n++) {
		const struct virtqueue *q = NULL;
		struct virtqueue copy;

		if (!is_meant(&d, args->word[0], &wanted))
			continue;
		monitor_print("%s (%s), %s\n", name_of(&d), d.where, health_of(&d));
		for (unsigned i = 0; i < QUEUES_MAX && next_queue(&d, &q, &copy); i++) {
			if (wanted >= 0 && copy.spec.index != wanted)
				continue;
			print_whole_queue(&copy);
			shown++;
		}
	}
	if (!shown)
		monitor_print("no such queue; `show virtio` lists the devices by their names\n");
}

static const struct monitor_command virtqueue_show = {
	"virtqueue", "DEVICE[.QUEUE]", "a queue's indices, buffers in flight, and who wants to be told of what",
	"show virtqueue vda.0", show_virtqueue,
};
MONITOR_SHOW(virtqueue_show);
