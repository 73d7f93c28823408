/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listening TCP sockets. Under net_lock. A connection becomes a socket of its own as soon as its
 * handshake is over, so that what the peer sends at once has a place to go, and waits in the
 * listener's `ready`.
 *
 * Connections that are ready are bounded by listen()'s backlog. Those beyond it keep their place
 * among the half-open ones, which lwIP bounds: then it ignores requests, and the peer tries again.
 */
#include "net/tcp_socket.h"
#include <errno.h>

/*
 * Not listen()'s backlog: a burst of requests is no reason to make peers wait for seconds. lwIP
 * counts in one byte.
 */
#define HALF_OPEN_MAX 255

static void inherit(struct tcp_socket *child, const struct tcp_socket *listener)
{
	child->s.options = listener->s.options;
	child->no_delay = listener->no_delay;
	child->keep_idle_s = listener->keep_idle_s;
	child->keep_interval_s = listener->keep_interval_s;
	child->keep_count = listener->keep_count;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
	struct tcp_socket *listener = arg, *t;

	if (error != ERR_OK || pcb == NULL)
		return ERR_VAL;
	t = tcp_socket_alloc();
	if (t == NULL)
		return ERR_MEM;
	inherit(t, listener);
	tcp_socket_attach(t, pcb);
	tcp_socket_established(t);
	if (listener->nready >= listener->backlog)
		tcp_backlog_delayed(pcb);
	list_push_back(&listener->ready, &t->node);
	listener->nready++;
	wait_queue_wake(&listener->s.wait);
	return ERR_OK;
}

static void set_backlog(struct tcp_socket *t, int backlog)
{
	t->backlog = backlog < 1 ? 1 : backlog > SOMAXCONN ? SOMAXCONN : (unsigned)backlog;
}

static int start(struct tcp_socket *t)
{
	err_t error = ERR_OK;
	struct tcp_pcb *pcb = t->s.pcb.tcp, *listener;

	if (pcb->local_port == 0)
		error = tcp_bind(pcb, IP_ANY_TYPE, 0);
	if (error != ERR_OK)
		return net_errno(error);
	listener = tcp_listen_with_backlog_and_err(pcb, HALF_OPEN_MAX, &error);
	if (listener == NULL)
		return net_errno(error);
	t->s.pcb.tcp = listener;
	t->phase = TCP_LISTENING;
	tcp_arg(listener, t);
	tcp_accept(listener, on_accept);
	return 0;
}

int tcp_socket_listen(struct socket *s, int backlog)
{
	struct tcp_socket *t = tcp_socket_of(s);
	int error;

	if (t->phase != TCP_NEW && t->phase != TCP_LISTENING)
		return -EINVAL;
	set_backlog(t, backlog);
	if (t->phase == TCP_LISTENING)
		return 0;
	error = tcp_socket_need_pcb(t);
	return error ? error : start(t);
}

static bool has_ready(struct socket *s)
{
	return !list_empty(&tcp_socket_of(s)->ready);
}

static struct tcp_socket *take_ready(struct tcp_socket *listener)
{
	struct list *node = list_pop_front(&listener->ready);
	struct tcp_socket *t = container_of(node, struct tcp_socket, node);

	listener->nready--;
	if (t->s.pcb.tcp != NULL)
		tcp_backlog_accepted(t->s.pcb.tcp);
	return t;
}

/*
 * A connection that was reset before anybody accepted it is handed out all the same: reading tells.
 */
int tcp_socket_accept(struct socket *s, struct socket **out, bool nonblock)
{
	struct tcp_socket *t = tcp_socket_of(s);
	int error;

	if (t->phase != TCP_LISTENING)
		return -EINVAL;
	error = socket_wait(s, has_ready, socket_deadline(nonblock ? MSG_DONTWAIT : 0,
							  s->options.receive_timeout_ns));
	if (error)
		return error;
	*out = &take_ready(t)->s;
	return 0;
}

/* Nobody will ever serve those that wait: they are reset. */
void tcp_listen_end(struct tcp_socket *t)
{
	tcp_close(t->s.pcb.tcp);
	t->s.pcb.tcp = NULL;
	while (has_ready(&t->s)) {
		struct tcp_socket *child = take_ready(t);

		child->s.options.linger = true;
		child->s.options.linger_s = 0;
		tcp_socket_end(child);
		socket_free(&child->s);
	}
}
