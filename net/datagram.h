/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What UDP and raw sockets have in common: a queue of received datagrams and a peer that connect()
 * may have fixed.
 */
#pragma once

#include "kernel/list.h"
#include "net/socket.h"

/* Sends one datagram; may be tried again with the same iov. */
typedef err_t datagram_transmit(struct socket *, const struct endpoint *to, const struct iov *);

struct datagram_socket {
	struct socket s;
	datagram_transmit *transmit;
	size_t payload_max;        /* bytes */
	struct list queue;         /* of struct datagram */
	size_t queued_bytes;       /* buffers included, against SO_RCVBUF */
	bool connected;
	bool receive_shut, send_shut;
	struct endpoint remote;
};

static inline struct datagram_socket *datagram_socket_of(struct socket *s)
{
	return (struct datagram_socket *)s;
}

struct datagram_socket *datagram_alloc(const struct socket_ops *, int type, int protocol,
				       datagram_transmit *, size_t payload_max);

/* Takes p over: queues it, or drops it when the queue is full. */
void datagram_arrived(struct datagram_socket *, struct pbuf *p, const ip_addr_t *from, u16_t port);
void datagram_drop_all(struct datagram_socket *);

/* What iov holds, in one pbuf with room for the headers below layer; NULL: out of memory. */
struct pbuf *datagram_build(pbuf_layer layer, struct iov iov);

/* Entries of socket_ops. */
ssize_t datagram_send(struct socket *, struct iov *, int flags, const struct endpoint *to);
ssize_t datagram_recv(struct socket *, struct iov *, int flags, struct received *);
int datagram_shutdown(struct socket *, int how);
size_t datagram_readable(struct socket *);
short datagram_poll(struct socket *);
