/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of TCP sockets. They live in the socket and are handed to each pcb it gets. Under
 * net_lock.
 */
#include "net/tcp_socket.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define MS_PER_S 1000u
#define SECONDS_MAX 32767 /* Linux's bound, and far from overflow in milliseconds */

void tcp_socket_options_changed(struct socket *s)
{
	struct tcp_socket *t = tcp_socket_of(s);
	struct tcp_pcb *pcb = s->pcb.tcp;

	socket_apply_ip_options(s);
	if (pcb == NULL || t->phase == TCP_LISTENING)
		return;
	if (t->no_delay)
		tcp_nagle_disable(pcb);
	else
		tcp_nagle_enable(pcb);
	pcb->keep_idle = t->keep_idle_s * MS_PER_S;
	pcb->keep_intvl = t->keep_interval_s * MS_PER_S;
	pcb->keep_cnt = t->keep_count;
}

static int set_bounded(unsigned *to, int value, int max)
{
	if (value < 1 || value > max)
		return -EINVAL;
	*to = (unsigned)value;
	return 0;
}

static int set_no_delay(struct tcp_socket *t, bool on)
{
	t->no_delay = on;
	if (on && t->phase == TCP_CONNECTED && t->s.pcb.tcp != NULL) {
		tcp_nagle_disable(t->s.pcb.tcp);
		tcp_output(t->s.pcb.tcp); /* what Nagle held back goes now */
	}
	return 0;
}

int tcp_socket_set_option(struct socket *s, int level, int name, int value)
{
	struct tcp_socket *t = tcp_socket_of(s);

	if (level != IPPROTO_TCP)
		return -ENOPROTOOPT;
	switch (name) {
	case TCP_NODELAY:   return set_no_delay(t, value != 0);
	case TCP_KEEPIDLE:  return set_bounded(&t->keep_idle_s, value, SECONDS_MAX);
	case TCP_KEEPINTVL: return set_bounded(&t->keep_interval_s, value, SECONDS_MAX);
	case TCP_KEEPCNT:   return set_bounded(&t->keep_count, value, 127);
	default:            return -ENOPROTOOPT;
	}
}

static int segment_size(const struct tcp_socket *t)
{
	if (t->phase == TCP_CONNECTED && t->s.pcb.tcp != NULL)
		return t->s.pcb.tcp->mss;
	return 536; /* RFC 9293, 3.7.1 */
}

int tcp_socket_get_option(struct socket *s, int level, int name, int *value)
{
	struct tcp_socket *t = tcp_socket_of(s);

	if (level == SOL_SOCKET && name == SO_ACCEPTCONN)
		*value = t->phase == TCP_LISTENING;
	else if (level != IPPROTO_TCP)
		return -ENOPROTOOPT;
	else if (name == TCP_NODELAY)
		*value = t->no_delay;
	else if (name == TCP_KEEPIDLE)
		*value = (int)t->keep_idle_s;
	else if (name == TCP_KEEPINTVL)
		*value = (int)t->keep_interval_s;
	else if (name == TCP_KEEPCNT)
		*value = (int)t->keep_count;
	else if (name == TCP_MAXSEG)
		*value = segment_size(t);
	else
		return -ENOPROTOOPT;
	return 0;
}
