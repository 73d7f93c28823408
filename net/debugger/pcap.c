/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcap=PORT: every frame goes to a port of the host's as pcapng. The stack's thread puts frames into
 * a ring of bytes, under net_lock, and a thread of its own sends them: a host that does not read
 * costs frames of the capture, which are counted there, and never delays the network.
 */
#include "net/debugger/pcapng.h"
#include "kernel/clock.h"
#include "kernel/debugger.h"
#include "kernel/futex.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/netdev.h"
#include "kernel/param.h"
#include "kernel/port.h"
#include "kernel/thread.h"
#include <errno.h>
#include <string.h>

#define RING_BYTES (256u << 10) /* a power of two */
#define INTERFACES 8u
#define FINISH_NS  2000000000ull

static const char *port_name;
PARAM_STRING("pcap", port_name);

static uint8_t *ring;
static _Atomic uint64_t written, sent; /* bytes, ever */
static atomic_uint news;               /* futex: counts what the sender should look at */
static atomic_uint finish, done;

/* Frames that passed, those of them that were lost, and of these those the capture does not tell of yet. */
static struct {
	struct netdev *dev;
	uint64_t passed, lost, untold;
} interfaces[INTERFACES];
static unsigned ninterfaces;

/* --- the stack's side --- */

static size_t room(void)
{
	return RING_BYTES - (size_t)(written - sent);
}

static uint64_t put_bytes(uint64_t at, const void *data, size_t len)
{
	size_t offset = at & (RING_BYTES - 1), first = RING_BYTES - offset;

	if (first > len)
		first = len;
	memcpy(ring + offset, data, first);
	memcpy(ring, (const uint8_t *)data + first, len - first);
	return at + len;
}

static void publish(uint64_t end)
{
	atomic_store_explicit(&written, end, memory_order_release);
	atomic_fetch_add(&news, 1);
	futex_wake(&news, 1);
}

/* Its number; INTERFACES: there are too many, or no room to describe it. */
static unsigned interface_of(struct netdev *dev)
{
	uint8_t block[PCAPNG_INTERFACE_BYTES];
	unsigned i = 0;

	while (i < ninterfaces && interfaces[i].dev != dev)
		i++;
	if (i < ninterfaces || i == INTERFACES)
		return i;
	if (room() < sizeof block)
		return INTERFACES;
	publish(put_bytes(written, block, pcapng_interface(block, dev->name, dev->mac)));
	interfaces[i].dev = dev;
	return ninterfaces++;
}

static void put_frame(const struct pcapng_frame *f, const struct sg *sg, unsigned n)
{
	uint8_t block[PCAPNG_INTERFACE_BYTES];
	uint64_t at = put_bytes(written, block, pcapng_frame_head(block, f));

	for (unsigned i = 0; i < n; i++)
		at = put_bytes(at, sg[i].addr, sg[i].len);
	publish(put_bytes(at, block, pcapng_frame_tail(block, f)));
}

static void put_statistics(unsigned i, uint64_t ns)
{
	uint8_t block[PCAPNG_STATISTICS_BYTES];
	size_t len = pcapng_statistics(block, i, ns, interfaces[i].passed, interfaces[i].lost);

	publish(put_bytes(written, block, len));
}

static void tap(struct netdev *dev, bool out, const struct sg *sg, unsigned n)
{
	unsigned i = interface_of(dev);
	struct pcapng_frame f = { .interface = i, .ns = clock_wall_ns(), .out = out };

	if (i == INTERFACES)
		return;
	for (unsigned k = 0; k < n; k++)
		f.len += sg[k].len;
	f.lost = interfaces[i].untold;
	interfaces[i].passed++;
	if (room() < pcapng_frame_bytes(&f) + PCAPNG_STATISTICS_BYTES) {
		interfaces[i].lost++;
		interfaces[i].untold++;
		return;
	}
	put_frame(&f, sg, n);
	if (f.lost)
		put_statistics(i, f.ns);
	interfaces[i].untold = 0;
}

/* --- the sender's --- */

static int send_piece(struct port *p)
{
	size_t offset = sent & (RING_BYTES - 1), len = (size_t)(written - sent);
	int error;

	if (len > RING_BYTES - offset)
		len = RING_BYTES - offset;
	error = port_send(p, ring + offset, len);
	if (!error)
		atomic_store_explicit(&sent, sent + len, memory_order_release);
	return error;
}

static struct port *wait_for_port(void)
{
	struct port *p;

	while (!(p = port_find(port_name)))
		thread_sleep_until(clock_now_ns() + 10000000);
	return p;
}

static void send_all(struct port *p)
{
	int error = 0;

	while (!error) {
		unsigned seen = news;

		if (written != sent)
			error = send_piece(p);
		else if (finish)
			break;
		else
			futex_wait(&news, seen, DEADLINE_NEVER);
	}
	if (error)
		log_warn("pcap: port %s: error %d, nothing more is sent", port_name, -error);
}

static void run(void *arg)
{
	struct port *p = wait_for_port();
	int error = port_claim(p, NULL, NULL);

	(void)arg;
	if (error) {
		log_warn("pcap: port %s cannot be used, error %d", port_name, -error);
	} else {
		send_all(p);
		port_release(p);
	}
	netdev_tap = NULL;
	done = 1;
	futex_wake(&done, UINT32_MAX);
}

/* The section's header is in the ring before the first frame can be. */
static void start(void)
{
	if (!port_name)
		return;
	ring = kmalloc(RING_BYTES);
	if (!ring || !thread_create("pcap", PRIO_APP, 0, run, NULL)) {
		log_warn("pcap: no memory, nothing is captured");
		return;
	}
	written = pcapng_section(ring);
	netdev_tap = tap;
}

/* What is in the ring goes out, if the host reads at all. */
static void finish_capture(void)
{
	uint64_t deadline_ns = clock_now_ns() + FINISH_NS;

	if (!netdev_tap)
		return;
	finish = 1;
	atomic_fetch_add(&news, 1);
	futex_wake(&news, 1);
	while (!done)
		if (futex_wait(&done, 0, deadline_ns) == -ETIMEDOUT)
			break;
}

static const struct debugger_part pcap_part = { .start = start, .finish = finish_capture };
DEBUGGER_PART(pcap_part);
