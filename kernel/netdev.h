/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An Ethernet device, as the network stack sees it. Frames are received into buffers the driver owns: the stack borrows one (input), reads it in place
 * and gives it back (recycle). The stack's thread calls poll; the interrupt only silences the queue and wakes it.
 */
#pragma once

#include "kernel/list.h"
#include "kernel/sg.h"
#include <stdbool.h>
#include <stdint.h>

enum net_offload {
	NET_TX_CSUM = 1 << 0, /* the device fills in a partial TCP/UDP checksum */
	NET_RX_CSUM = 1 << 1, /* received frames may be marked as checked */
	NET_TSO4    = 1 << 2,
	NET_TSO6    = 1 << 3,
	NET_RX_LRO  = 1 << 4, /* received frames may be larger than the MTU */
};

/*
 * One received frame: 1:1 memory, valid until recycle. A few bytes behind it must be readable too:
 * lwIP looks one byte too far into a TCP option that is cut off.
 */
#define NETBUF_SLACK 4

struct netbuf {
	void *data;          /* the Ethernet header */
	uint32_t len;        /* bytes */
	bool csum_valid;     /* the device vouches for the TCP/UDP checksum */
	struct netdev *dev;
	void *driver;        /* the driver's own */
	void *stack[8];      /* room for the stack's own (lwIP's custom pbuf) */
};

/* What the device is to do to a frame on its way out; zeroes: nothing. */
struct net_offload_req {
	uint16_t csum_start, csum_offset; /* bytes from the frame's start; offset 0 with start 0: none */
	uint16_t gso_size;                /* 0: no segmentation */
	uint16_t hdr_len;
	bool gso_tcp6;
};

/* So far; by FreeBSD's names for vtnet(4). */
struct netdev_counters {
	uint64_t ipackets, ibytes, ierrors, icsum; /* icsum: the device vouched for the checksum */
	uint64_t opackets, obytes, ocsum;          /* ocsum: it was asked to fill one in */
};

struct netdev {
	struct list node;
	char name[16];                    /* "eth0" as ip= names it; the driver's log name is vtnet0 */
	uint8_t mac[6];
	uint16_t mtu;                     /* bytes of IP packet */
	bool link_up;
	unsigned offloads;                /* enum net_offload, what was negotiated */
	uint16_t rx_buffers;              /* in the receive ring; the stack copies frames out before it has borrowed them all */
	/* Queues one frame (Ethernet header first). token comes back by tx_done. 0, -ENOSPC: ring full (try after tx_done), -ENETDOWN, -EMSGSIZE. */
	int (*xmit)(struct netdev *, const struct sg *, unsigned n, const struct net_offload_req *, void *token);
	void (*kick)(struct netdev *);    /* after a batch of xmit calls */
	/* Hands at most budget received frames to input and finished ones to tx_done; returns frames received. Re-arms the interrupt when it returns < budget. */
	unsigned (*poll)(struct netdev *, unsigned budget);
	void (*recycle)(struct netbuf *); /* gives a frame back to the ring */
	void *driver;
	/* Filled in by net/ before start: */
	void (*input)(struct netdev *, struct netbuf *);
	void (*tx_done)(struct netdev *, void *token);
	void (*wake)(struct netdev *);    /* interrupt context: there is something to poll, or the link changed */
	void *stack;
	struct netdev_counters count;     /* the driver's */
	/* netdev.c's, under its lock: */
	enum { NETDEV_COMING, NETDEV_READY, NETDEV_TAKEN, NETDEV_DROPPED } state;
	_Atomic bool gone;                /* unregistered: the stack is to let go of it */
	int (*start)(struct netdev *);    /* driver: fills the receive ring and enables interrupts; 0 or -errno. Not called: the device stays silent */
	void (*release)(struct netdev *); /* driver: it was taken, is unregistered, and nobody has a pointer to it any more */
};

/*
 * Sees every frame that the stack is handed or has sent, in its thread, net_lock held; NULL: nobody
 * looks.
 */
extern void (*netdev_tap)(struct netdev *, bool out, const struct sg *, unsigned n);

/*
 * A device's life, in threads: it is registered, which names it ethN; ready, and may be used from
 * then on; unregistered. True: the stack has it, frames of its buffers included, until release().
 */
void netdev_register(struct netdev *);
void netdev_ready(struct netdev *);
bool netdev_unregister(struct netdev *);

/* The stack's side: the next device that is ready, NULL: none; and letting go of it, gone or not. */
struct netdev *netdev_take(void);
void netdev_drop(struct netdev *);

/* The stack's, if it is there: a device is ready or gone. */
extern void (*_Atomic netdev_changed)(void);

/* visit must not register or unregister. */
void netdev_for_each(void (*visit)(struct netdev *, void *arg), void *arg);

/* The list of them by their node, for a frozen system. */
const struct list *netdev_list(void);
