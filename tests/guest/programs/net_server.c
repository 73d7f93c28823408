/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echoes on TCP and UDP port 7 from one poll() loop; a datagram "quit" ends it with the number of
 * TCP connections served as the last line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNS_MAX 500
#define PORT      7

/* fds[0]: datagrams, fds[1]: the listener, then the connections. */
static struct pollfd fds[2 + CONNS_MAX];
static unsigned nfds = 2;
static unsigned served;
static char buffer[65536];

static int make_socket(int type)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) < 0) {
		printf("no socket: %s\n", strerror(errno));
		_exit(1);
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* False: told to quit. */
static bool answer_datagrams(int fd)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof peer;
	ssize_t n;

	while ((n = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&peer, &len)) >= 0) {
		if (n == 4 && memcmp(buffer, "quit", 4) == 0)
			return false;
		sendto(fd, buffer, (size_t)n, 0, (struct sockaddr *)&peer, len);
		len = sizeof peer;
	}
	return true;
}

static void accept_all(int listener)
{
	int fd;

	while (nfds < 2 + CONNS_MAX && (fd = accept(listener, NULL, NULL)) >= 0) {
		fds[nfds++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		served++;
	}
}

/* The connection is in blocking mode: what came is sent back whole. False: it has ended. */
static bool echo(int fd)
{
	ssize_t n = recv(fd, buffer, sizeof buffer, 0);
	ssize_t sent = 0;

	while (sent < n) {
		ssize_t m = send(fd, buffer + sent, (size_t)(n - sent), 0);

		if (m < 0)
			return false;
		sent += m;
	}
	return n > 0;
}

static void echo_ready(void)
{
	unsigned kept = 2;

	for (unsigned i = 2; i < nfds; i++) {
		if (fds[i].revents && !echo(fds[i].fd))
			close(fds[i].fd);
		else
			fds[kept++] = fds[i];
	}
	nfds = kept;
}

int main(void)
{
	fds[0] = (struct pollfd){ .fd = make_socket(SOCK_DGRAM), .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = make_socket(SOCK_STREAM), .events = POLLIN };
	listen(fds[1].fd, 64);
	puts("ready");
	for (;;) {
		if (poll(fds, nfds, -1) < 0)
			continue;
		if (fds[0].revents && !answer_datagrams(fds[0].fd))
			break;
		echo_ready();
		if (fds[1].revents)
			accept_all(fds[1].fd);
	}
	printf("served %u\n", served);
	return 0;
}
