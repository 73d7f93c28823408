/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socketpair(AF_UNIX): two sockets joined back to back in memory. Under net_lock, though lwIP has
 * no part in it.
 *
 * Each end queues what the other has written, one message per send. A stream reads across messages,
 * the other types one message at a time.
 */
#include "kernel/heap.h"
#include "net/socket.h"
#include <errno.h>
#include <poll.h>

struct message {
	struct list node;
	size_t len, read;
	char data[];
};

struct pair {
	struct socket s;
	struct pair *peer;       /* NULL: closed */
	struct list queue;       /* of struct message, from the peer */
	size_t queued_bytes;
	bool receive_shut, send_shut;
};

static struct pair *pair_of(struct socket *s)
{
	return (struct pair *)s;
}

static bool is_stream(const struct pair *p)
{
	return p->s.type == SOCK_STREAM;
}

/* --- Receiving --- */

static struct message *first(struct pair *p)
{
	return list_empty(&p->queue) ? NULL : container_of(p->queue.next, struct message, node);
}

static bool at_end(const struct pair *p)
{
	return p->receive_shut || p->peer == NULL || p->peer->send_shut;
}

static bool receive_settled(struct socket *s)
{
	return first(pair_of(s)) != NULL || at_end(pair_of(s));
}

static void drop(struct pair *p, struct message *m)
{
	p->queued_bytes -= m->len - m->read;
	list_remove(&m->node);
	kfree(m);
}

/* The message's part in this read; a stream keeps what did not fit. */
static void consume(struct pair *p, struct message *m, size_t n)
{
	if (!is_stream(p) || m->read + n == m->len) {
		drop(p, m);
		return;
	}
	m->read += n;
	p->queued_bytes -= n;
}

static size_t read_messages(struct pair *p, struct iov *iov, bool peek)
{
	size_t done = 0, n;

	for (struct list *node = p->queue.next, *next; node != &p->queue; node = next) {
		struct message *m = container_of(node, struct message, node);

		next = node->next;
		n = iov_copy_to(iov, m->data + m->read, m->len - m->read);
		done += n;
		if (!peek)
			consume(p, m, n);
		if (!is_stream(p) || iov_left(iov) == 0)
			break;
	}
	return done;
}

static ssize_t pair_recv(struct socket *s, struct iov *iov, int flags, struct received *info)
{
	struct pair *p = pair_of(s);
	uint64_t deadline_ns = socket_deadline(flags, s->options.receive_timeout_ns);
	size_t wanted = iov_left(iov), done = 0, whole = 0;
	int error;

	do {
		error = socket_wait(s, receive_settled, deadline_ns);
		if (error)
			return done ? (ssize_t)done : error;
		if (first(p) == NULL)
			break;
		whole = first(p)->len;
		done += read_messages(p, iov, flags & MSG_PEEK);
		if (p->peer != NULL)
			wait_queue_wake(&p->peer->s.wait);
	} while (is_stream(p) && (flags & MSG_WAITALL) && !(flags & MSG_PEEK) && done < wanted);
	if (!is_stream(p) && whole > wanted)
		info->flags |= MSG_TRUNC;
	return (ssize_t)done;
}

/* --- Sending --- */

static bool writable(struct pair *p)
{
	return p->peer->queued_bytes < p->s.options.send_buffer;
}

static bool broken(const struct pair *p)
{
	return p->send_shut || p->peer == NULL || p->peer->receive_shut;
}

static bool send_settled(struct socket *s)
{
	return broken(pair_of(s)) || writable(pair_of(s));
}

static int put_message(struct pair *to, struct iov *iov, size_t len)
{
	struct message *m = kmalloc(sizeof(*m) + len);

	if (m == NULL)
		return -ENOBUFS;
	m->len = iov_copy_from(iov, m->data, len);
	m->read = 0;
	list_push_back(&to->queue, &m->node);
	to->queued_bytes += len;
	wait_queue_wake(&to->s.wait);
	return 0;
}

/* A stream takes as much as there is room for, the rest in later rounds; a message goes whole. */
static size_t portion(struct pair *p, size_t len)
{
	size_t room = p->s.options.send_buffer - p->peer->queued_bytes;

	return is_stream(p) && room < len ? room : len;
}

static ssize_t pair_send(struct socket *s, struct iov *iov, int flags, const struct endpoint *to)
{
	struct pair *p = pair_of(s);
	uint64_t deadline_ns = socket_deadline(flags, s->options.send_timeout_ns);
	size_t len = iov_left(iov), done = 0, n;
	int error = !is_stream(p) && len > s->options.send_buffer ? -EMSGSIZE : 0;

	(void)to;
	if (is_stream(p) && len == 0)
		return 0;
	while (error == 0 && (done < len || done == 0)) {
		error = socket_wait(s, send_settled, deadline_ns);
		if (error == 0 && broken(p))
			error = -EPIPE;
		if (error)
			break;
		n = portion(p, len - done);
		error = put_message(p->peer, iov, n);
		done += error ? 0 : n;
		if (len == 0)
			break;
	}
	return done ? (ssize_t)done : error;
}

/* --- Ending and poll --- */

static void wake_both(struct pair *p)
{
	wait_queue_wake(&p->s.wait);
	if (p->peer != NULL)
		wait_queue_wake(&p->peer->s.wait);
}

static int pair_shutdown(struct socket *s, int how)
{
	struct pair *p = pair_of(s);

	if (how != SHUT_WR)
		p->receive_shut = true;
	if (how != SHUT_RD)
		p->send_shut = true;
	wake_both(p);
	return 0;
}

static int pair_name(struct socket *s, bool peer, struct endpoint *e)
{
	(void)e;
	return peer && pair_of(s)->peer == NULL ? -ENOTCONN : 0;
}

static size_t pair_readable(struct socket *s)
{
	struct pair *p = pair_of(s);

	if (first(p) == NULL)
		return 0;
	return is_stream(p) ? p->queued_bytes : first(p)->len;
}

static short pair_poll(struct socket *s)
{
	struct pair *p = pair_of(s);
	short events = 0;

	if (receive_settled(s))
		events |= POLLIN | POLLRDNORM;
	if (at_end(p))
		events |= POLLRDHUP;
	if (p->peer == NULL || (at_end(p) && p->send_shut))
		events |= POLLHUP;
	if (send_settled(s))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

static void pair_close(struct socket *s)
{
	struct pair *p = pair_of(s);

	if (p->peer != NULL) {
		p->peer->peer = NULL;
		wait_queue_wake(&p->peer->s.wait);
	}
	while (first(p) != NULL)
		drop(p, first(p));
}

static const struct socket_ops pair_ops = {
	.send = pair_send,
	.recv = pair_recv,
	.shutdown = pair_shutdown,
	.name = pair_name,
	.readable = pair_readable,
	.poll = pair_poll,
	.close = pair_close,
};

static struct pair *alloc_end(int type)
{
	struct pair *p = (struct pair *)socket_alloc(sizeof(*p), &pair_ops, type, 0);

	if (p == NULL)
		return NULL;
	p->s.domain = AF_UNIX;
	list_init(&p->queue);
	return p;
}

int pair_create(int type, struct socket *out[2])
{
	struct pair *a, *b;

	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	a = alloc_end(type);
	b = alloc_end(type);
	if (a == NULL || b == NULL) {
		kfree(a);
		kfree(b);
		return -ENOMEM;
	}
	a->peer = b;
	b->peer = a;
	out[0] = &a->s;
	out[1] = &b->s;
	return 0;
}
