/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the console driver (VIRTIO 1.4, section 5.3):
 *
 * virtio_console.c          the device: its queues, its life, its size
 * virtio_console_control.c  the control queues: which ports there are
 * virtio_console_channel.c  the two queues of a port and the bytes in them
 * virtio_console_port.c     ports as kernel/port.h offers them
 * virtio_console_hvc.c      ports that are consoles, and emergency writing
 *
 * Everything but opening and closing a port happens in the device's interrupts, which one CPU
 * serves. Lock order: the terminal's or the consoles' -> a channel's -> a queue's; and a device's
 * -> a queue's.
 */
#pragma once

#include "kernel/byte_ring.h"
#include "kernel/console.h"
#include "kernel/port.h"
#include "kernel/shutdown.h"
#include "virtio/virtio.h"

#define VTCON_PORTS_MAX   32u   /* of a device; further ones are refused */
#define VTCON_RX_BUFFERS  4u
#define VTCON_OUT_BYTES   16384u
#define VTCON_CONTROL_OUT 16u   /* messages on their way */

struct vtcon;
struct vtcon_port;

struct vtcon_buffer {
	char *data;
	uint32_t len, at; /* what the device wrote; how much of that was read. 0: nothing */
	bool given;       /* the device has it */
};

/*
 * The two queues of a port's number. They are the device's for good, while ports come and go.
 */
struct vtcon_channel {
	struct vtcon *con;
	uint16_t id;
	struct virtqueue *rx, *tx;
	struct spinlock lock;      /* of the following */
	struct byte_ring out;
	uint32_t in_flight;        /* of its oldest bytes, so many are the device's to read */
	uint32_t buffer_size;
	struct vtcon_buffer buffer[VTCON_RX_BUFFERS];
	uint8_t filled[VTCON_RX_BUFFERS], first, nfilled; /* in the order of their coming */
	bool open;                 /* the guest's side of the port */
	bool hung;                 /* took nothing while it was polled: not waited for again */
	atomic_uint owed;          /* control messages: bits by event */
	struct vtcon_port *_Atomic port; /* NULL: none is plugged in */
	struct vtcon_port *last, *hvc; /* that were: a port for anybody, a console */
};

/* Stays for ever, as others may point to it; plugged in again it is the same, if nobody uses it. */
struct vtcon_port {
	struct port port;
	struct vtcon_channel *channel;
	struct console console;
	char console_name[8];      /* empty: it is none */
};

struct vtcon {
	struct virtio_device *dev;
	char name[12];             /* "vtcon0" */
	unsigned index;
	unsigned nports;
	struct vtcon_channel *channel;
	struct virtqueue *control_rx, *control_tx; /* NULL: without MULTIPORT */
	char (*control_in)[128];
	struct spinlock lock;      /* of the following */
	struct virtio_console_control control_out[VTCON_CONTROL_OUT];
	uint32_t out_busy;         /* bits by index */
	bool ready_owed;           /* DEVICE_READY */
	struct shutdown shutdown;
	struct console emergency;
};

/* --- virtio_console_channel.c --- */

/* Memory and receive buffers; 0 or -ENOMEM. Then what is the device's to have. */
int vtcon_channel_open(struct vtcon_channel *, uint32_t buffer_size);
void vtcon_channel_start(struct vtcon_channel *);

/* Nobody wants what was received any more; with unsent, nor what was to be sent. */
void vtcon_channel_forget(struct vtcon_channel *, bool unsent);

/* What is there, or fits. write with a deadline polls the device, until it is all taken. */
size_t vtcon_channel_read(struct vtcon_channel *, const struct vtcon_port *, char *, size_t len);
size_t vtcon_channel_write(struct vtcon_channel *, const struct vtcon_port *, const char *,
			   size_t len);
size_t vtcon_channel_write_polled(struct vtcon_channel *, const struct vtcon_port *, const char *,
				  size_t len, uint64_t patience_ns);

/* Polls until everything is out. False: the device took nothing for that long. */
bool vtcon_channel_flush(struct vtcon_channel *, uint64_t patience_ns);

/* With the system frozen: nobody was stopped in the middle of it. */
bool vtcon_channel_idle(const struct vtcon_channel *);

void vtcon_received(struct virtqueue *, void *token, uint32_t len);
void vtcon_sent(struct virtqueue *, void *token, uint32_t len);

/* --- virtio_console_port.c --- */

struct vtcon_port *vtcon_port_plug(struct vtcon_channel *); /* NULL: out of memory */
struct vtcon_port *vtcon_port_revive(struct vtcon_port *);
void vtcon_port_unplug(struct vtcon_port *);
void vtcon_port_set_name(struct vtcon_port *, const char *, size_t len);
void vtcon_port_set_connected(struct vtcon_port *, bool);

/* --- virtio_console_hvc.c --- */

/* The port is a console from now on. without_queues: that has only emergency writing yet. */
void vtcon_hvc_add(struct vtcon_port *, bool without_queues);

/* For a device whose ports are not known yet: its emergency writing, until there is a console. */
void vtcon_hvc_add_emergency(struct vtcon *);
bool vtcon_has_emergency(const struct vtcon *);

/* --- virtio_console_control.c --- */

void vtcon_control_start(struct vtcon *);
void vtcon_control_owe(struct vtcon_channel *, enum virtio_console_event);
void vtcon_control_received(struct virtqueue *, void *token, uint32_t len);
void vtcon_control_sent(struct virtqueue *, void *token, uint32_t len);
