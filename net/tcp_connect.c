/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect() on TCP sockets. Under net_lock.
 *
 * While a lease is still being negotiated there is no route to begin with: such a connect waits in
 * `pending`, blocking or not, and starts (or fails) when config.c says that the negotiation is
 * over.
 */
#include "net/tcp_socket.h"
#include <errno.h>

static struct list pending = LIST_INIT(pending);

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
	struct tcp_socket *t = arg;

	(void)pcb;
	(void)error; /* failures come to err() */
	tcp_socket_established(t);
	wait_queue_wake(&t->s.wait);
	return ERR_OK;
}

/* 0: the SYN is on its way, or will be once there is a route. */
static int start(struct tcp_socket *t)
{
	err_t error = tcp_connect(t->s.pcb.tcp, &t->remote.addr, t->remote.port, on_connected);

	if (error == ERR_RTE && config_pending()) {
		list_push_back(&pending, &t->node);
		return 0;
	}
	return error == ERR_USE ? -EADDRNOTAVAIL : net_errno(error);
}

void tcp_connect_resume(void)
{
	struct list waiting = LIST_INIT(waiting), *node;

	while ((node = list_pop_front(&pending)) != NULL)
		list_push_back(&waiting, node);
	while ((node = list_pop_front(&waiting)) != NULL) {
		struct tcp_socket *t = container_of(node, struct tcp_socket, node);
		int error = start(t);

		if (error == 0)
			continue;
		t->s.error = -error;
		t->phase = TCP_NEW;
		wait_queue_wake(&t->s.wait);
	}
}

void tcp_connect_forget(struct tcp_socket *t)
{
	if (t->phase == TCP_CONNECTING)
		list_remove(&t->node);
}

static bool settled(struct socket *s)
{
	return tcp_socket_of(s)->phase != TCP_CONNECTING;
}

static int begin(struct tcp_socket *t, const struct endpoint *remote)
{
	int error = tcp_socket_need_pcb(t);

	if (error)
		return error;
	t->remote = *remote;
	t->phase = TCP_CONNECTING;
	error = start(t);
	if (error)
		t->phase = TCP_NEW;
	return error;
}

/* A connect that failed while nobody waited is told by the next one, as by SO_ERROR. */
int tcp_socket_connect(struct socket *s, const struct endpoint *remote, bool nonblock)
{
	struct tcp_socket *t = tcp_socket_of(s);
	int error;

	if (remote == NULL)
		return -EAFNOSUPPORT;
	if (t->phase == TCP_CONNECTING)
		return -EALREADY;
	if (t->phase != TCP_NEW)
		return -EISCONN;
	error = socket_take_error(s);
	if (error == 0)
		error = begin(t, remote);
	if (error)
		return error;
	if (nonblock && !settled(s))
		return -EINPROGRESS;
	error = socket_wait(s, settled, socket_deadline(0, s->options.send_timeout_ns));
	if (error)
		return error == -EAGAIN ? -EINPROGRESS : error;
	return socket_take_error(s);
}
