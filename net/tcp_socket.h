/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TCP socket, shared by the files that make up its kind: tcp_socket.c (the table, names,
 * shutdown, close), tcp_connect.c, tcp_listen.c, tcp_data.c, tcp_option.c.
 */
#pragma once

#include "kernel/list.h"
#include "net/socket.h"
#include "lwip/tcp.h"

enum tcp_phase {
	TCP_NEW,          /* perhaps bound; also after a connect that failed */
	TCP_CONNECTING,
	TCP_CONNECTED,    /* and until close: the flags and the pcb tell what is left */
	TCP_LISTENING,
};

struct tcp_socket {
	struct socket s;
	enum tcp_phase phase;
	bool peer_closed;         /* the peer's FIN has come: no more will be received */
	bool receive_shut, send_shut; /* shutdown() */
	bool starved;             /* no memory to send; until something is acknowledged */
	struct endpoint local, remote; /* kept, as the pcb may go first */
	/*
	 * Received and not yet read, chained by pbuf.next across packets: tot_len means nothing in
	 * here.
	 */
	struct pbuf *received, *received_tail;
	size_t received_bytes;
	u16_t received_offset;    /* bytes of the first pbuf that have been read */
	/* As a listener: connections ready for accept(). */
	struct list ready;
	unsigned nready, backlog;
	struct list node;         /* in a listener's ready, or among connects without a route yet */
	/* Applied whenever there is a new pcb; inherited. */
	bool no_delay;
	unsigned keep_idle_s, keep_interval_s, keep_count;
};

static inline struct tcp_socket *tcp_socket_of(struct socket *s)
{
	return (struct tcp_socket *)s;
}

/* tcp_socket.c */
struct tcp_socket *tcp_socket_alloc(void);
int tcp_socket_need_pcb(struct tcp_socket *);           /* a failed connect leaves none; -ENOBUFS */
void tcp_socket_attach(struct tcp_socket *, struct tcp_pcb *); /* its events come to us */
void tcp_socket_detach(struct tcp_socket *);            /* the pcb goes its way without us */
void tcp_socket_established(struct tcp_socket *);       /* notes both ends */
void tcp_socket_end(struct tcp_socket *);               /* what is queued still goes out; or RST */

/* tcp_connect.c */
int tcp_socket_connect(struct socket *, const struct endpoint *, bool nonblock);
void tcp_connect_forget(struct tcp_socket *);
/* tcp_listen.c */
int tcp_socket_listen(struct socket *, int backlog);
int tcp_socket_accept(struct socket *, struct socket **out, bool nonblock);
void tcp_listen_end(struct tcp_socket *);
/* tcp_data.c */
ssize_t tcp_socket_send(struct socket *, struct iov *, int flags, const struct endpoint *to);
ssize_t tcp_socket_recv(struct socket *, struct iov *, int flags, struct received *);
err_t tcp_data_arrived(struct tcp_socket *, struct tcp_pcb *, struct pbuf *);
bool tcp_data_writable(struct tcp_socket *);
void tcp_data_drop(struct tcp_socket *);
/* tcp_option.c */
int tcp_socket_set_option(struct socket *, int level, int name, int value);
int tcp_socket_get_option(struct socket *, int level, int name, int *value);
void tcp_socket_options_changed(struct socket *);
