/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection. It receives until a request's head is complete, answers, and only then looks at
 * the next request: so pipelined requests are answered in order, and a client that does not read is
 * not read from either.
 *
 * A connection that is closed while input is unread would be reset, and the reset may overtake the
 * answer (RFC 9112, 9.6): so it lingers, half-closed, until the client closes or a little time has
 * passed.
 */
#include "httpd.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_MS 2000
#define TURNS     8     /* steps of one connection before the others have theirs */

struct conn *conn_new(int fd, const struct sockaddr_in *peer, int64_t now_ms)
{
	struct conn *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->fd = fd;
	c->peer = *peer;
	c->deadline_ms = now_ms + timeout_ms;
	reply_init(&c->reply);
	return c;
}

void conn_free(struct conn *c)
{
	close(c->fd);
	reply_free(&c->reply);
	free(c);
}

short conn_events(const struct conn *c)
{
	return c->state == CONN_SENDING ? POLLOUT : POLLIN;
}

static void consume(struct conn *c, size_t len)
{
	memmove(c->in, c->in + len, c->have - len);
	c->have -= len;
}

/* A body nobody wants, and empty lines before a request (RFC 9112, 2.2). */
static void skip_unwanted(struct conn *c)
{
	size_t n = c->skip < (int64_t)c->have ? (size_t)c->skip : c->have;

	c->skip -= (int64_t)n;
	while (n < c->have && (c->in[n] == '\r' || c->in[n] == '\n'))
		n++;
	consume(c, n);
}

/* Whatever the client wrote, the log stays one printable line. */
static void log_answer(const struct conn *c, struct span line)
{
	char address[INET_ADDRSTRLEN] = "?";

	inet_ntop(AF_INET, &c->peer.sin_addr, address, sizeof address);
	printf("%s \"", address);
	for (size_t i = 0; i < line.len; i++) {
		unsigned char byte = (unsigned char)line.at[i];

		if (byte < ' ' || byte >= 0x7f || byte == '"' || byte == '\\')
			printf("\\x%02x", byte);
		else
			putchar(byte);
	}
	printf("\" %d %lld\n", c->reply.status, (long long)c->reply.length);
}

static void start_sending(struct conn *c, struct span line, int64_t now_ms)
{
	if (verbose)
		log_answer(c, line);
	c->state = CONN_SENDING;
	c->deadline_ms = now_ms + timeout_ms;
}

static void refuse(struct conn *c, const struct request *r, int status, int64_t now_ms)
{
	c->reply.close = true;
	reply_error(&c->reply, status, r->http_1_0, r->method == METHOD_HEAD, time(NULL));
	start_sending(c, r->line, now_ms);
}

/* A head that does not fit: too long in its first line, or altogether. */
static void refuse_overlong(struct conn *c, int64_t now_ms)
{
	const struct request unread = { .line = { c->in, 0 } };

	refuse(c, &unread, memchr(c->in, '\n', c->have) ? 431 : 414, now_ms);
}

static void answer(struct conn *c, const struct request *r, int64_t now_ms)
{
	c->skip = r->content_length > 0 ? r->content_length : 0;
	/*
	 * Whether a client that asked "shall I?" sends its body after a final answer is anybody's
	 * guess.
	 */
	c->reply.close = !r->keep_alive || (r->expects && c->skip);
	serve(r, time(NULL), &c->reply);
	start_sending(c, r->line, now_ms);
}

/* Begins the answer to the next request if all of its head is here. */
static bool take_request(struct conn *c, int64_t now_ms)
{
	struct request r;
	size_t len;
	int status;

	skip_unwanted(c);
	len = request_head_length(c->in, c->have);
	if (len == 0) {
		if (c->have < sizeof c->in)
			return false;
		refuse_overlong(c, now_ms);
		return true;
	}
	status = request_parse(&r, (struct span){ c->in, len });
	if (status)
		refuse(c, &r, status, now_ms);
	else
		answer(c, &r, now_ms);
	consume(c, len);
	return true;
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* A started request has one timeout to be complete in, however slowly its bytes drip. */
static bool receive(struct conn *c, int64_t now_ms)
{
	bool was_idle = c->have == 0 && c->skip == 0;
	ssize_t n = recv(c->fd, c->in + c->have, sizeof c->in - c->have, 0);

	if (n < 0 && would_block())
		return false;
	if (n <= 0) {
		c->state = CONN_DEAD;
		return false;
	}
	if (was_idle)
		c->deadline_ms = now_ms + timeout_ms;
	c->have += (size_t)n;
	take_request(c, now_ms);
	return true;
}

static void finish_answer(struct conn *c, int64_t now_ms)
{
	bool closing = c->reply.close;

	reply_free(&c->reply);
	c->state = CONN_RECEIVING;
	c->deadline_ms = now_ms + timeout_ms;
	if (closing) {
		shutdown(c->fd, SHUT_WR);
		c->state = CONN_LINGERING;
		c->deadline_ms = now_ms + LINGER_MS;
	} else {
		take_request(c, now_ms);
	}
}

static bool transmit(struct conn *c, int64_t now_ms)
{
	struct reply *rp = &c->reply;
	ssize_t n;

	if (reply_fill(rp) < 0) {
		c->state = CONN_DEAD;
		return false;
	}
	n = send(c->fd, rp->out.data + rp->sent, rp->out.len - rp->sent, MSG_NOSIGNAL);
	if (n < 0) {
		if (!would_block())
			c->state = CONN_DEAD;
		return false;
	}
	rp->sent += (size_t)n;
	c->deadline_ms = now_ms + timeout_ms;
	if (reply_done(rp))
		finish_answer(c, now_ms);
	return true;
}

static bool linger(struct conn *c, int64_t now_ms)
{
	ssize_t n = recv(c->fd, c->in, sizeof c->in, 0);

	(void)now_ms;
	if (n > 0)
		return true;
	if (n == 0 || !would_block())
		c->state = CONN_DEAD;
	return false;
}

void conn_ready(struct conn *c, int64_t now_ms)
{
	static bool (*const steps[])(struct conn *, int64_t) = {
		[CONN_RECEIVING] = receive,
		[CONN_SENDING] = transmit,
		[CONN_LINGERING] = linger,
	};

	for (int turn = 0; turn < TURNS && c->state != CONN_DEAD; turn++)
		if (!steps[c->state](c, now_ms))
			break;
}

/*
 * Half a request deserves an answer; a client that has asked nothing, or takes nothing, does not.
 */
void conn_expire(struct conn *c, int64_t now_ms)
{
	const struct request unread = { .line = { c->in, 0 } };

	if (c->state == CONN_RECEIVING && c->have) {
		refuse(c, &unread, 408, now_ms);
		conn_ready(c, now_ms);
	} else {
		c->state = CONN_DEAD;
	}
}
