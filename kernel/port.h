/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Byte streams to the host that are nobody's terminal: the ports of a virtio console (VIRTIO 1.4,
 * section 5.3) and the serial lines that console= does not name. The gdb stub, core dumps, traces and
 * captured packets go through them, and programs by /dev/vport0p1 and /dev/virtio-ports/NAME.
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
	 * Threads. What is there or could be taken now, in bytes; -EAGAIN: nothing; 0 from read: the
	 * host's side is closed; -EPIPE from write: nobody listens there; -ENODEV: unplugged. Never
	 * sleeps: who wants to, waits on the queues below.
	 */
	ssize_t (*read)(struct port *, void *buf, size_t len);
	ssize_t (*write)(struct port *, const void *buf, size_t len);
	/*
	 * With the system frozen: polls the device, takes no lock and waits for nothing for long.
	 * -EBUSY: another CPU was stopped in the middle of this device's work.
	 */
	ssize_t (*frozen_read)(struct port *, void *buf, size_t len);
	ssize_t (*frozen_write)(struct port *, const void *buf, size_t len);
	/* Somebody uses it from now on, or no more; a virtio port tells the host. */
	void (*opened)(struct port *, bool open);
};

struct port {
	struct list node;
	char name[16];               /* "ttyS1", "vport0p1" */
	char alias[64];              /* what the host calls it: "org.example.log"; may be empty */
	const struct port_ops *ops;
	atomic_uint users;
	_Atomic bool gone;           /* unplugged */
	struct wait_queue readable, writable;
	/*
	 * Interrupt context: something arrived. Set while the port is claimed and nobody else reads.
	 */
	void (*_Atomic arrived)(struct port *, void *arg);
	void *arrived_arg;
	void *driver;
};

/* After port_register() it can be found; it stays for ever, as it may be pointed to. */
void port_register(struct port *);

/* By name or alias; NULL: there is none (yet). */
struct port *port_find(const char *name);
void port_for_each(void (*visit)(struct port *, void *arg), void *arg);

/* 0; -EBUSY: taken. arrived may be NULL. */
int port_claim(struct port *, void (*arrived)(struct port *, void *arg), void *arg);
void port_release(struct port *);

/*
 * Threads: sends it all, sleeping as it must. 0, or what stopped it. The claimed port's own thread
 * only.
 */
int port_send(struct port *, const void *buf, size_t len);
