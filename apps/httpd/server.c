/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop. No connection can end it: what goes wrong with one costs that one. When descriptors or
 * memory run out, it is the newest connection that is turned away.
 */
#include "httpd.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNS_MAX 1000 /* the others wait in the listener's backlog */
#define BACKLOG   128
#define PAUSE_MS  100  /* before the next try, when accept() finds no resources */

static struct conn *conns[CONNS_MAX];
static struct pollfd fds[CONNS_MAX + 1]; /* fds[i] is conns[i]'s; the listener's comes last */
static unsigned nconns;
static int listener;
static int spare;                        /* a descriptor to give up when there is no other */
static int64_t accept_after_ms;

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void add(int fd, const struct sockaddr_in *peer, int64_t now_ms)
{
	struct conn *c = conn_new(fd, peer, now_ms);
	int one = 1;

	if (!c) {
		close(fd);
		return;
	}
	set_nonblocking(fd);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* answers leave in one piece anyway */
	conns[nconns++] = c;
}

/* Left alone, a connection that cannot be accepted would keep the listener ready for ever. */
static void turn_away_newest(void)
{
	int fd;

	close(spare);
	fd = accept(listener, NULL, NULL);
	if (fd >= 0)
		close(fd);
	spare = open("/dev/null", O_RDONLY);
}

static void accept_error(int64_t now_ms)
{
	switch (errno) {
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
	case EINTR:
	case ECONNABORTED:
		break;
	case EMFILE:
	case ENFILE:
		turn_away_newest();
		break;
	default:
		accept_after_ms = now_ms + PAUSE_MS;
	}
}

static void accept_waiting(int64_t now_ms)
{
	while (nconns < CONNS_MAX) {
		struct sockaddr_in peer = { 0 };
		socklen_t len = sizeof peer;
		int fd = accept(listener, (struct sockaddr *)&peer, &len);

		if (fd < 0) {
			accept_error(now_ms);
			return;
		}
		add(fd, &peer, now_ms);
	}
}

/* Fills fds; returns how long poll() may sleep, in milliseconds. */
static int prepare_poll(int64_t now_ms)
{
	int64_t wake_ms = INT64_MAX;
	bool accepting = nconns < CONNS_MAX && now_ms >= accept_after_ms;

	for (unsigned i = 0; i < nconns; i++) {
		fds[i] = (struct pollfd){ .fd = conns[i]->fd, .events = conn_events(conns[i]) };
		if (conns[i]->deadline_ms < wake_ms)
			wake_ms = conns[i]->deadline_ms;
	}
	fds[nconns] = (struct pollfd){ .fd = accepting ? listener : -1, .events = POLLIN };
	if (accept_after_ms > now_ms && accept_after_ms < wake_ms)
		wake_ms = accept_after_ms;
	if (wake_ms == INT64_MAX)
		return -1;
	if (wake_ms <= now_ms)
		return 0;
	return wake_ms - now_ms < 60000 ? (int)(wake_ms - now_ms) : 60000;
}

static void serve_ready(int64_t now_ms)
{
	for (unsigned i = 0; i < nconns; i++) {
		if (fds[i].revents)
			conn_ready(conns[i], now_ms);
		if (now_ms >= conns[i]->deadline_ms)
			conn_expire(conns[i], now_ms);
	}
}

static void remove_dead(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < nconns; i++) {
		if (conns[i]->state == CONN_DEAD)
			conn_free(conns[i]);
		else
			conns[kept++] = conns[i];
	}
	nconns = kept;
}

static void loop(void)
{
	for (;;) {
		bool accepting;
		int64_t now_ms;

		if (poll(fds, nconns + 1, prepare_poll(clock_ms())) < 0)
			continue;
		now_ms = clock_ms();
		accepting = fds[nconns].revents != 0;
		serve_ready(now_ms);
		remove_dead();
		if (accepting)
			accept_waiting(now_ms);
	}
}

static int listen_on(uint16_t *port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t len = sizeof any;
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&any, sizeof any) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&any, &len) < 0) {
		close(fd);
		return -1;
	}
	set_nonblocking(fd);
	*port = ntohs(any.sin_port);
	return fd;
}

int server_run(uint16_t port, const char *root)
{
	listener = listen_on(&port);
	if (listener < 0)
		return -1;
	spare = open("/dev/null", O_RDONLY);
	printf("httpd: serving %s on port %u\n", root, port);
	loop();
	return 0;
}
