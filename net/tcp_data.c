/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes through TCP sockets. Under net_lock.
 *
 * Receiving: lwIP's pbufs (the device's own buffers, as a rule) queue up here, and the one copy is
 * into the caller's buffers. The window opens again only for what has been read, so a slow reader
 * slows its peer. Sending: one copy into segments on the heap, from where the device takes them;
 * lwIP keeps them until they are acknowledged.
 */
#include "net/tcp_socket.h"
#include "kernel/page.h"
#include <errno.h>

/*
 * No connection may have more in flight than this part of the memory that is free: however many
 * there are, some is left for the next (dynamic thresholds; Choudhury and Hahne, 1998).
 */
#define FREE_SHARE 256

/* --- Receiving --- */

static void append(struct tcp_socket *t, struct pbuf *p)
{
	if (t->received == NULL)
		t->received = p;
	else
		t->received_tail->next = p;
	t->received_bytes += p->tot_len;
	while (p->next != NULL)
		p = p->next;
	t->received_tail = p;
}

static void open_window(struct tcp_socket *t, size_t len)
{
	for (; t->s.pcb.tcp != NULL && len > UINT16_MAX; len -= UINT16_MAX)
		tcp_recved(t->s.pcb.tcp, UINT16_MAX);
	if (t->s.pcb.tcp != NULL)
		tcp_recved(t->s.pcb.tcp, (u16_t)len);
}

err_t tcp_data_arrived(struct tcp_socket *t, struct tcp_pcb *pcb, struct pbuf *p)
{
	if (t->receive_shut) {
		tcp_recved(pcb, p->tot_len);
		pbuf_free(p);
		return ERR_OK;
	}
	append(t, p);
	wait_queue_wake(&t->s.wait);
	return ERR_OK;
}

/* Out of the chain by hand: pbuf_free() on a whole chain would follow next into unread packets. */
static void free_first(struct tcp_socket *t)
{
	struct pbuf *p = t->received;

	t->received = p->next;
	p->next = NULL;
	pbuf_free(p);
}

void tcp_data_drop(struct tcp_socket *t)
{
	while (t->received != NULL)
		free_first(t);
	t->received_bytes = t->received_offset = 0;
}

static void consume(struct tcp_socket *t, size_t len)
{
	size_t left = len + t->received_offset;

	while (t->received != NULL && left >= t->received->len) {
		left -= t->received->len;
		free_first(t);
	}
	t->received_offset = (u16_t)left;
	t->received_bytes -= len;
	open_window(t, len);
}

static size_t copy_out(struct tcp_socket *t, struct iov *iov)
{
	size_t offset = t->received_offset, done = 0, n;

	for (struct pbuf *p = t->received; p != NULL; p = p->next) {
		n = iov_copy_to(iov, (char *)p->payload + offset, p->len - offset);
		done += n;
		if (n < p->len - offset)
			break;
		offset = 0;
	}
	return done;
}

static bool receive_settled(struct socket *s)
{
	struct tcp_socket *t = tcp_socket_of(s);

	return t->received_bytes != 0 || t->peer_closed || t->receive_shut || s->error ||
	       (s->pcb.tcp == NULL && t->phase != TCP_CONNECTING);
}

/*
 * 1: there is something to read, 0: and never will be, -errno. An error is kept for the next call
 * when this one has data to return.
 */
static int await_data(struct tcp_socket *t, uint64_t deadline_ns, bool have_some)
{
	int error = socket_wait(&t->s, receive_settled, deadline_ns);

	if (error || t->received_bytes != 0)
		return error ? error : 1;
	return have_some ? 0 : socket_take_error(&t->s);
}

ssize_t tcp_socket_recv(struct socket *s, struct iov *iov, int flags, struct received *info)
{
	struct tcp_socket *t = tcp_socket_of(s);
	uint64_t deadline_ns = socket_deadline(flags, s->options.receive_timeout_ns);
	size_t done = 0, wanted = iov_left(iov), n;

	(void)info;
	if (t->phase == TCP_LISTENING || (t->phase == TCP_NEW && s->error == 0))
		return -ENOTCONN;
	while (done < wanted) {
		int got = await_data(t, deadline_ns, done != 0);

		if (got <= 0)
			return done ? (ssize_t)done : got;
		n = copy_out(t, iov);
		done += n;
		if (!(flags & MSG_PEEK))
			consume(t, n);
		if (!(flags & MSG_WAITALL) || (flags & MSG_PEEK))
			break;
	}
	return (ssize_t)done;
}

/* --- Sending --- */

/* A segment is always allowed, else nothing would ever wake the writer. */
static size_t send_limit(const struct tcp_socket *t)
{
	size_t fair = page_count_free() * PAGE_SIZE / FREE_SHARE, limit = t->s.options.send_buffer;

	fair = fair > TCP_MSS ? fair : TCP_MSS;
	return fair < limit ? fair : limit;
}

static size_t room(struct tcp_socket *t)
{
	struct tcp_pcb *pcb = t->s.pcb.tcp;
	size_t queued = TCP_SND_BUF - pcb->snd_buf, limit = send_limit(t);

	return t->starved || queued >= limit ? 0 : limit - queued;
}

/* A third of the buffer has to be free, so that writers do bigger pieces and wake less often. */
bool tcp_data_writable(struct tcp_socket *t)
{
	return room(t) > send_limit(t) / 3;
}

static bool send_settled(struct socket *s)
{
	struct tcp_socket *t = tcp_socket_of(s);

	if (t->phase == TCP_CONNECTING)
		return false;
	return s->error || s->pcb.tcp == NULL || t->send_shut || tcp_data_writable(t);
}

static int await_room(struct tcp_socket *t, uint64_t deadline_ns, bool have_some)
{
	int error;

	if (!send_settled(&t->s) && t->phase == TCP_CONNECTED)
		tcp_output(t->s.pcb.tcp);
	error = socket_wait(&t->s, send_settled, deadline_ns);
	if (error)
		return error;
	if (t->s.error)
		return have_some ? -EPIPE : socket_take_error(&t->s);
	return t->s.pcb.tcp == NULL || t->send_shut ? -EPIPE : 0;
}

/*
 * Out of memory with something in flight is a reason to wait for its acknowledgement; else nothing
 * would ever wake the caller.
 */
static int out_of_memory(struct tcp_socket *t)
{
	struct tcp_pcb *pcb = t->s.pcb.tcp;

	if (pcb->unacked == NULL && pcb->unsent == NULL)
		return -ENOBUFS;
	t->starved = true;
	return 0;
}

/* Bytes queued, 0: none for now, or -errno. */
static ssize_t queue_piece(struct tcp_socket *t, struct iov *iov, int flags)
{
	size_t max = room(t), n;
	void *piece;
	u8_t how = TCP_WRITE_FLAG_COPY;
	err_t error;

	n = iov_piece(iov, &piece, max < UINT16_MAX ? max : UINT16_MAX);
	if (n == 0) /* memory has become scarce since the wait */
		return 0;
	if (n < iov_left(iov) || (flags & MSG_MORE))
		how |= TCP_WRITE_FLAG_MORE;
	error = tcp_write(t->s.pcb.tcp, piece, (u16_t)n, how);
	if (error == ERR_MEM)
		return out_of_memory(t);
	if (error != ERR_OK)
		return -EPIPE;
	iov_advance(iov, n);
	return (ssize_t)n;
}

ssize_t tcp_socket_send(struct socket *s, struct iov *iov, int flags, const struct endpoint *to)
{
	struct tcp_socket *t = tcp_socket_of(s);
	uint64_t deadline_ns = socket_deadline(flags, s->options.send_timeout_ns);
	size_t done = 0, wanted = iov_left(iov);
	ssize_t n = 0;

	(void)to; /* where a connected socket sends to is settled */
	if (t->phase == TCP_LISTENING || (t->phase == TCP_NEW && s->error == 0))
		return -ENOTCONN;
	while (done < wanted && n >= 0) {
		n = await_room(t, deadline_ns, done != 0);
		if (n == 0)
			n = queue_piece(t, iov, flags);
		if (n > 0)
			done += (size_t)n;
	}
	if (s->pcb.tcp != NULL && t->phase == TCP_CONNECTED)
		tcp_output(s->pcb.tcp);
	return done ? (ssize_t)done : n;
}
