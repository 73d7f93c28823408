/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of the test's own echo server: argv is its address, its TCP port, its UDP port and a TCP
 * port where nobody listens. Blocking and non-blocking connects, refusals, half-closes, names and
 * options.
 */
#include "check.h"
#include "exchange.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BULK 300000

static struct sockaddr_in server;
static char out[BULK], in[BULK];

static struct sockaddr *at_port(const char *port)
{
	server.sin_port = htons((uint16_t)atoi(port));
	return (struct sockaddr *)&server;
}

static size_t read_all(int fd, char *to, size_t len)
{
	size_t have = 0;
	ssize_t n;

	while (have < len && (n = read(fd, to + have, len - have)) > 0)
		have += (size_t)n;
	return have;
}

static void check_stream(const char *port)
{
	struct sockaddr_in own, peer;
	socklen_t len = sizeof own;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int one = 1;

	CHECK_EQ(connect(fd, at_port(port), sizeof server), 0);
	CHECK_EQ(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	CHECK(own.sin_port != 0 && own.sin_addr.s_addr != 0);
	len = sizeof peer;
	CHECK_EQ(getpeername(fd, (struct sockaddr *)&peer, &len), 0);
	CHECK(peer.sin_port == server.sin_port && peer.sin_addr.s_addr == server.sin_addr.s_addr);
	CHECK_EQ(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), 0);
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_EQ(read_all(fd, in, 5), 5);
	CHECK(memcmp(in, "hello", 5) == 0);
	CHECK_ERRNO(recv(fd, in, 1, MSG_DONTWAIT), EAGAIN);
	exchange(fd, out, in, BULK);
	CHECK_EQ(shutdown(fd, SHUT_WR), 0);
	CHECK_EQ(read(fd, in, 1), 0);
	CHECK_EQ(close(fd), 0);
}

static void check_nonblocking_connect(const char *port, int want)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = -1;
	socklen_t len = sizeof error;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK_ERRNO(connect(fd, at_port(port), sizeof server), EINPROGRESS);
	CHECK_EQ(poll(&p, 1, 30000), 1);
	CHECK(want || p.revents == POLLOUT);
	CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	CHECK_EQ(error, want);
	close(fd);
}

static void check_datagrams(const char *port)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct iovec parts[2] = { { "scat", 4 }, { "tered", 5 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	CHECK_EQ(connect(fd, at_port(port), sizeof server), 0);
	CHECK_EQ(send(fd, "datagram", 8, 0), 8);
	CHECK_EQ(recv(fd, in, sizeof in, 0), 8);
	CHECK(memcmp(in, "datagram", 8) == 0);
	CHECK_EQ(sendmsg(fd, &message, 0), 9);
	CHECK_EQ(recv(fd, in, 4, 0), 4); /* the rest of a datagram is lost */
	CHECK(memcmp(in, "scat", 4) == 0);
	CHECK_EQ(send(fd, out, 1400, 0), 1400);
	CHECK_EQ(recv(fd, in, sizeof in, 0), 1400);
	CHECK(memcmp(in, out, 1400) == 0);
	CHECK_ERRNO(recv(fd, in, 1, MSG_DONTWAIT), EAGAIN);
	close(fd);
}

static void check_errors(const char *dead_port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int file = open("/dev/null", O_RDWR);

	CHECK_ERRNO(connect(fd, at_port(dead_port), sizeof server), ECONNREFUSED);
	close(fd);
	CHECK_ERRNO(listen(file, 1), ENOTSOCK);
	CHECK_ERRNO(accept(77, NULL, NULL), EBADF);
	CHECK_ERRNO(socket(77, SOCK_STREAM, 0), EAFNOSUPPORT);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_ERRNO(lseek(fd, 0, SEEK_SET), ESPIPE);
	CHECK_EQ(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	CHECK(errno == ENOTCONN || errno == EPIPE);
	CHECK_ERRNO(getpeername(fd, (struct sockaddr *)&server, &(socklen_t){ sizeof server }), ENOTCONN);
	close(fd);
	close(file);
}

/* The same port twice, and again after it was closed. */
static void check_bind(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(5555) };
	int first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, SOCK_STREAM, 0);

	CHECK_EQ(bind(first, (struct sockaddr *)&any, sizeof any), 0);
	CHECK_EQ(listen(first, 1), 0);
	CHECK_ERRNO(bind(second, (struct sockaddr *)&any, sizeof any), EADDRINUSE);
	close(first);
	CHECK_EQ(bind(second, (struct sockaddr *)&any, sizeof any), 0);
	close(second);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	server.sin_family = AF_INET;
	CHECK_EQ(inet_pton(AF_INET, argv[1], &server.sin_addr), 1);
	for (size_t i = 0; i < BULK; i++)
		out[i] = (char)(i * 7 + i / 251);
	check_stream(argv[2]);
	check_nonblocking_connect(argv[2], 0);
	check_nonblocking_connect(argv[4], ECONNREFUSED);
	check_datagrams(argv[3]);
	check_errors(argv[4]);
	check_bind();
	return verdict();
}
