/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every kind of socket is made of. A kind (tcp_socket.c, udp_socket.c, raw_socket.c,
 * socketpair.c) is a table of socket_ops over a struct that begins with struct socket; socket.c
 * stands before them all: it checks arguments, takes net_lock and translates addresses. Everything
 * here runs under net_lock.
 */
#pragma once

#include "kernel/file.h"
#include "kernel/wait.h"
#include "net/iov.h"
#include "net/net.h"
#include "net/stack.h"
#include "lwip/err.h"
#include "lwip/ip.h"
#include <stdbool.h>

struct tcp_pcb;
struct udp_pcb;
struct raw_pcb;

struct endpoint {
	ip_addr_t addr;
	u16_t port;        /* host byte order, as lwIP has it */
};

struct socket;

/* What recv() tells besides the data. */
struct received {
	struct endpoint from;
	int flags;         /* MSG_TRUNC */
};

/* NULL: the kind cannot do it (-EOPNOTSUPP). Each may sleep through socket_wait(). */
struct socket_ops {
	int (*bind)(struct socket *, const struct endpoint *);
	int (*listen)(struct socket *, int backlog);
	int (*accept)(struct socket *, struct socket **out, bool nonblock);
	/* NULL: dissolve the association. */
	int (*connect)(struct socket *, const struct endpoint *, bool nonblock);
	/* to NULL: where it is connected. */
	ssize_t (*send)(struct socket *, struct iov *, int flags, const struct endpoint *to);
	ssize_t (*recv)(struct socket *, struct iov *, int flags, struct received *);
	int (*shutdown)(struct socket *, int how);
	int (*name)(struct socket *, bool peer, struct endpoint *);
	/* After the options common to all: -ENOPROTOOPT for what it does not know. */
	int (*set_option)(struct socket *, int level, int name, int value);
	int (*get_option)(struct socket *, int level, int name, int *value);
	void (*options_changed)(struct socket *); /* hands s->options to the pcb */
	size_t (*readable)(struct socket *);      /* bytes, for FIONREAD */
	short (*poll)(struct socket *);
	void (*close)(struct socket *);           /* the protocol's side; socket.c frees */
};

/* Inherited by accepted sockets. */
struct socket_options {
	bool reuse_address, keep_alive, broadcast;
	bool linger;
	unsigned linger_s;
	uint64_t receive_timeout_ns, send_timeout_ns;  /* 0: for ever */
	unsigned receive_buffer, send_buffer;          /* bytes */
	u8_t ttl, tos;
};

struct socket {
	const struct socket_ops *ops;
	int domain, type, protocol;
	int error;               /* SO_ERROR, positive: the next call that can tells it */
	struct wait_queue wait;  /* woken whenever poll's answer may have changed */
	struct socket_options options;
	union {                  /* lwIP's half, or NULL. All begin with the fields of ip */
		struct ip_pcb *ip;
		struct tcp_pcb *tcp;
		struct udp_pcb *udp;
		struct raw_pcb *raw;
	} pcb;
};

#define SOCKET_BUFFER_MAX (256 * 1024) /* of SO_RCVBUF and SO_SNDBUF, and their default */

/*
 * The kinds. size is that of the kind's own struct; zeroed beyond the socket. NULL: out of memory.
 */
struct socket *socket_alloc(size_t size, const struct socket_ops *, int type, int protocol);
void socket_free(struct socket *);
int tcp_socket_create(struct socket **);
int udp_socket_create(struct socket **);
int raw_socket_create(int protocol, struct socket **);
int pair_create(int type, struct socket *out[2]); /* socketpair.c; takes no lock */

/* The interface goes: sockets that depend on it are told. udp_socket.c */
void udp_sockets_lose(struct netif *);

/* Whether this call must not sleep. */
bool socket_nonblock(const struct file *, int flags);

/* When a call that starts now gives up, by SO_RCVTIMEO or SO_SNDTIMEO; 0 with MSG_DONTWAIT. */
uint64_t socket_deadline(int flags, uint64_t timeout_ns);

/*
 * Sleeps until the socket is woken and ready(s) holds: 0, or -EAGAIN at the deadline, or at once
 * for a deadline of 0; -EINTR when the thread is to leave the call (thread_interrupt()).
 */
int socket_wait(struct socket *, bool (*ready)(struct socket *), uint64_t deadline_ns);

/* The pending error as -errno, cleared; 0: none. */
int socket_take_error(struct socket *);

/* option.c */
int socket_set_option(struct socket *, int level, int name, const void *value, socklen_t len);
int socket_get_option(struct socket *, int level, int name, void *value, socklen_t *len);
void socket_apply_ip_options(struct socket *); /* what the pcb keeps of them */

/* ifconf.c: SIOCGIF*. */
int iface_ioctl(unsigned long request, void *arg);

/* address.c. To a sockaddr: cut to *len, which becomes the whole length. */
int endpoint_from_sockaddr(struct endpoint *, const struct sockaddr *, socklen_t len);
void endpoint_to_sockaddr(const struct endpoint *, struct sockaddr *, socklen_t *len);
int endpoint_check_local(const struct endpoint *);    /* -EADDRNOTAVAIL: not ours */
void endpoint_fix_destination(struct endpoint *);     /* 0.0.0.0 means ourselves */

/* lwIP's error as -errno. */
int net_errno(err_t);
