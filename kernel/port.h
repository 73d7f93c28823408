/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Byte streams to the host that are nobody's terminal: the ports of a virtio console (VIRTIO 1.4,
 * section 5.3) and the serial lines that console= does not name. The gdb stub, core dumps, traces and
 * captured packets go through them, and programs by /dev/vport0p1 and /dev/virtio-ports/NAME.
 * One user at a time.
 */
#pragma once

#include "kernel/list.h"
#include "kernel/wait.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct port;

struct port_ops {
	/*
	 * Any context but an interrupt. What is there or could be taken now, in bytes; -EAGAIN:
	 * nothing; -ENODEV: unplugged. While the host's side is closed, read gives what is left and
	 * then 0, and write -EAGAIN. A len of 0 only asks: -EAGAIN is then what it would be for
	 * more. Never sleeps: who wants to, waits on the queues below.
	 */
	ssize_t (*read)(struct port *, void *buf, size_t len);
	ssize_t (*write)(struct port *, const void *buf, size_t len);
	/*
	 * With the system frozen: polls the device, takes no lock and waits for nothing for long.
	 * Otherwise as above. -EBUSY: another CPU was stopped in the middle of this device's work.
	 */
	ssize_t (*frozen_read)(struct port *, void *buf, size_t len);
	ssize_t (*frozen_write)(struct port *, const void *buf, size_t len);
	/*
	 * Threads: it is used from now on, or no more; a virtio port tells the host. 0, or why it
	 * cannot be.
	 */
	int (*opened)(struct port *, bool open);
};

struct port {
	struct list node;
	char name[16];               /* "ttyS1", "vport0p1" */
	char alias[64];              /* what the host calls it: "org.example.log"; may be empty */
	const struct port_ops *ops;
	_Atomic bool claimed;
	_Atomic bool connected;      /* the host's side is open, as far as can be known */
	_Atomic bool gone;           /* unplugged */
	struct wait_queue readable, writable;
	/*
	 * Interrupt context, no lock held: something arrived, or the host's side opened or closed.
	 * Such a user reads with ops->frozen_read or from a thread.
	 */
	void (*_Atomic arrived)(struct port *, void *arg);
	void *arrived_arg;
};

/* Before it is registered: name, alias, ops and connected are the driver's, the rest is port_init()'s. */
void port_init(struct port *);

/* Woken when a port is registered, or named: whoever waits for one looks again. */
extern struct wait_queue port_changes;

/* From here on it can be found; it stays for ever, as it may be pointed to. Threads. */
void port_register(struct port *);

/* By name or alias; NULL: there is none (yet). An unplugged one is not found. */
struct port *port_find(const char *name);

/* Every port that is there, in the order of its coming; visit must not sleep. */
void port_for_each(void (*visit)(struct port *, void *arg), void *arg);

/* Threads. 0; -EBUSY: taken; -ENODEV: unplugged; -ENOMEM. arrived may be NULL. */
int port_claim(struct port *, void (*arrived)(struct port *, void *arg), void *arg);
void port_release(struct port *);

/* Threads: sends it all, sleeping as it must, also until the host listens. 0, or what stopped it. */
int port_send(struct port *, const void *buf, size_t len);

/* Sleeps until there is something to read, or no more to come, or deadline_ns. 0 or -ETIMEDOUT. */
int port_wait_readable(struct port *, uint64_t deadline_ns);

/* Drivers, in any context, without a lock: something arrived; there is room again. */
void port_arrived(struct port *);
void port_drained(struct port *);

/* When a frozen system goes on: whoever waits looks again, as nobody was woken meanwhile. */
void port_thaw(void);
