/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network device as an lwIP interface, shared by iface.c (frames) and attach.c (devices that come
 * and go). Under net_lock.
 */
#pragma once

#include "kernel/list.h"
#include "kernel/netdev.h"
#include "net/stack.h"

struct iface {
	struct netif netif;
	struct netdev *dev;
	unsigned borrowed;      /* receive buffers that lwIP or a socket still reads */
	bool kick;              /* frames were queued since the last kick */
	bool stalled;           /* the transmit ring was full, and nothing has left it since */
	bool resumed;           /* it was, and now has room */
	bool leaving;           /* lwIP knows it no more; until all is given back: */
	struct list node;
};

/* NULL: loopback. */
struct iface *iface_from(const struct netif *);

/* Makes dev's calls and lwIP's lead to iface, as netif_add() does with the second. */
void iface_connect(struct iface *, struct netdev *);
err_t iface_init(struct netif *);

/* attach.c: the last buffer of one that is leaving has come back. */
void iface_returned(struct iface *);
