/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP sockets: their life from bind to close, and lwIP's callbacks. All under net_lock; callbacks
 * come from whichever thread runs the stack and only note what happened and wake.
 *
 * The pcb is lwIP's: it frees it after telling err(), or, for a connection that both sides have
 * closed, without a word (TIME_WAIT). So the socket lets go of the pcb as soon as both FINs are on
 * their way, and s.pcb is NULL from then on.
 */
#include "net/tcp_socket.h"
#include "kernel/clock.h"
#include "lwip/priv/tcp_priv.h"
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>

#define NS_PER_S 1000000000ull

static const struct socket_ops tcp_ops;

struct tcp_socket *tcp_socket_alloc(void)
{
	struct tcp_socket *t = (void *)socket_alloc(sizeof(*t), &tcp_ops, SOCK_STREAM, IPPROTO_TCP);

	if (t == NULL)
		return NULL;
	list_init(&t->ready);
	list_init(&t->node);
	t->keep_idle_s = TCP_KEEPIDLE_DEFAULT / 1000;
	t->keep_interval_s = TCP_KEEPINTVL_DEFAULT / 1000;
	t->keep_count = TCP_KEEPCNT_DEFAULT;
	return t;
}

/* --- lwIP's callbacks --- */

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	struct tcp_socket *t = arg;

	(void)error;
	if (p != NULL)
		return tcp_data_arrived(t, pcb, p);
	t->peer_closed = true;
	if (pcb->state == CLOSING || pcb->state == TIME_WAIT)
		tcp_socket_detach(t);
	wait_queue_wake(&t->s.wait);
	return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct tcp_socket *t = arg;

	(void)len;
	t->starved = false;
	if (pcb->unacked == NULL || tcp_data_writable(t))
		wait_queue_wake(&t->s.wait);
	return ERR_OK;
}

/* lwIP's word for an interface that went is that of its own giving up. */
static int end_error(err_t error)
{
	return error == ERR_ABRT && iface_removing ? ENETDOWN : -net_errno(error);
}

static int connect_error(err_t error)
{
	return error == ERR_RST ? ECONNREFUSED : end_error(error);
}

/* The pcb is gone. ERR_CLSD is not an error: our FIN was the last thing missing. */
static void on_error(void *arg, err_t error)
{
	struct tcp_socket *t = arg;

	t->s.pcb.tcp = NULL;
	if (t->phase == TCP_CONNECTING) {
		t->s.error = connect_error(error);
		t->phase = TCP_NEW;
	} else if (error != ERR_CLSD) {
		t->s.error = end_error(error);
	}
	wait_queue_wake(&t->s.wait);
}

void tcp_socket_attach(struct tcp_socket *t, struct tcp_pcb *pcb)
{
	t->s.pcb.tcp = pcb;
	tcp_arg(pcb, t);
	tcp_recv(pcb, on_receive);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	tcp_socket_options_changed(&t->s);
}

void tcp_socket_detach(struct tcp_socket *t)
{
	struct tcp_pcb *pcb = t->s.pcb.tcp;

	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	t->s.pcb.tcp = NULL;
}

void tcp_socket_established(struct tcp_socket *t)
{
	struct tcp_pcb *pcb = t->s.pcb.tcp;

	t->phase = TCP_CONNECTED;
	t->local = (struct endpoint){ pcb->local_ip, pcb->local_port };
	t->remote = (struct endpoint){ pcb->remote_ip, pcb->remote_port };
}

int tcp_socket_need_pcb(struct tcp_socket *t)
{
	struct tcp_pcb *pcb;

	if (t->s.pcb.tcp != NULL)
		return 0;
	pcb = tcp_new();
	if (pcb == NULL)
		return -ENOBUFS;
	tcp_socket_attach(t, pcb);
	return 0;
}

int tcp_socket_create(struct socket **out)
{
	struct tcp_socket *t = tcp_socket_alloc();
	int error = t ? tcp_socket_need_pcb(t) : -ENOMEM;

	if (error == 0)
		*out = &t->s;
	else if (t != NULL)
		socket_free(&t->s);
	return error;
}

/* --- Names --- */

static int tcp_socket_bind(struct socket *s, const struct endpoint *local)
{
	struct tcp_socket *t = tcp_socket_of(s);
	int error;

	if (t->phase != TCP_NEW || (s->pcb.tcp != NULL && s->pcb.tcp->local_port != 0))
		return -EINVAL;
	error = tcp_socket_need_pcb(t);
	return error ? error : net_errno(tcp_bind(s->pcb.tcp, &local->addr, local->port));
}

static int tcp_socket_name(struct socket *s, bool peer, struct endpoint *e)
{
	struct tcp_socket *t = tcp_socket_of(s);

	if (peer && t->phase != TCP_CONNECTED)
		return -ENOTCONN;
	if (t->phase == TCP_CONNECTED)
		*e = peer ? t->remote : t->local;
	else if (s->pcb.tcp != NULL)
		*e = (struct endpoint){ s->pcb.tcp->local_ip, s->pcb.tcp->local_port };
	return 0;
}

/* --- Ending --- */

static int shut_send(struct tcp_socket *t)
{
	struct tcp_pcb *pcb = t->s.pcb.tcp;

	if (t->send_shut)
		return 0;
	t->send_shut = true;
	return pcb == NULL ? 0 : net_errno(tcp_shutdown(pcb, 0, 1));
}

static int tcp_socket_shutdown(struct socket *s, int how)
{
	struct tcp_socket *t = tcp_socket_of(s);
	int error = 0;

	if (t->phase != TCP_CONNECTED || (s->pcb.tcp == NULL && !t->peer_closed))
		return -ENOTCONN;
	if (how != SHUT_WR)
		t->receive_shut = true; /* what has come already may still be read */
	if (how != SHUT_RD)
		error = shut_send(t);
	wait_queue_wake(&s->wait);
	return error;
}

static bool all_acknowledged(struct socket *s)
{
	return s->pcb.tcp == NULL || (s->pcb.tcp->unsent == NULL && s->pcb.tcp->unacked == NULL);
}

/* SO_LINGER with a time: close() waits until the peer has everything, FIN included. */
static void linger(struct tcp_socket *t)
{
	if (t->received_bytes != 0 || shut_send(t) != 0)
		return;
	socket_wait(&t->s, all_acknowledged, clock_now_ns() + t->s.options.linger_s * NS_PER_S);
}

static bool wants_reset(const struct tcp_socket *t)
{
	return t->phase == TCP_CONNECTED && t->s.options.linger && t->s.options.linger_s == 0;
}

/*
 * lwIP goes on sending what is queued after tcp_close(), and answers with RST instead of FIN when
 * data was left unread, as it was not told that it has been (RFC 2525, 2.17).
 */
void tcp_socket_end(struct tcp_socket *t)
{
	struct tcp_pcb *pcb = t->s.pcb.tcp;

	if (pcb != NULL) {
		tcp_socket_detach(t);
		if (wants_reset(t) || tcp_close(pcb) != ERR_OK)
			tcp_abort(pcb);
	}
	tcp_data_drop(t);
}

static void tcp_socket_close(struct socket *s)
{
	struct tcp_socket *t = tcp_socket_of(s);

	tcp_connect_forget(t);
	if (t->phase == TCP_LISTENING) {
		tcp_listen_end(t);
		return;
	}
	if (t->phase == TCP_CONNECTED && s->options.linger && s->options.linger_s != 0)
		linger(t);
	tcp_socket_end(t);
}

/* --- Poll --- */

static short poll_connected(struct tcp_socket *t)
{
	bool dead = t->s.pcb.tcp == NULL;
	bool no_more = t->peer_closed || t->receive_shut || dead;
	short events = 0;

	if (t->received_bytes != 0 || no_more)
		events |= POLLIN | POLLRDNORM;
	if (no_more)
		events |= POLLRDHUP;
	if (dead || (no_more && t->send_shut))
		events |= POLLHUP;
	if (dead || t->send_shut || tcp_data_writable(t))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

static short tcp_socket_poll(struct socket *s)
{
	struct tcp_socket *t = tcp_socket_of(s);
	short events = s->error ? POLLERR : 0;

	switch (t->phase) {
	case TCP_CONNECTING: return events;
	case TCP_CONNECTED:  return events | poll_connected(t);
	case TCP_LISTENING:  return events | (list_empty(&t->ready) ? 0 : POLLIN | POLLRDNORM);
	default:             break;
	}
	events |= POLLOUT | POLLWRNORM | POLLHUP; /* no call would block */
	return s->error ? events | POLLIN | POLLRDNORM : events;
}

static size_t tcp_socket_readable(struct socket *s)
{
	return tcp_socket_of(s)->received_bytes;
}

static const struct socket_ops tcp_ops = {
	.bind = tcp_socket_bind,
	.listen = tcp_socket_listen,
	.accept = tcp_socket_accept,
	.connect = tcp_socket_connect,
	.send = tcp_socket_send,
	.recv = tcp_socket_recv,
	.shutdown = tcp_socket_shutdown,
	.name = tcp_socket_name,
	.set_option = tcp_socket_set_option,
	.get_option = tcp_socket_get_option,
	.options_changed = tcp_socket_options_changed,
	.readable = tcp_socket_readable,
	.poll = tcp_socket_poll,
	.close = tcp_socket_close,
};
