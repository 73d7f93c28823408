/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poll() and select() over files, devices, pipes and sockets together; the network is the machine's
 * own loopback.
 */
#include "check.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_READ, PIPE_WRITE, STREAM, PEER, LISTENER, FILE_, NULL_, COUNT };

static int fds[COUNT];

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void open_all(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;

	CHECK_EQ(pipe(fds), 0);
	fds[LISTENER] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_EQ(bind(fds[LISTENER], (struct sockaddr *)&address, sizeof address), 0);
	CHECK_EQ(listen(fds[LISTENER], 4), 0);
	CHECK_EQ(getsockname(fds[LISTENER], (struct sockaddr *)&address, &len), 0);
	fds[STREAM] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_EQ(connect(fds[STREAM], (struct sockaddr *)&address, sizeof address), 0);
	fds[PEER] = accept(fds[LISTENER], NULL, NULL);
	fds[FILE_] = open("/poll-test", O_RDWR | O_CREAT, 0644);
	fds[NULL_] = open("/dev/null", O_RDWR);
	for (int i = 0; i < COUNT; i++)
		CHECK(fds[i] >= 0);
}

/* What poll() says of descriptor i, asked about all of them. */
static short poll_all(int i, int timeout_ms)
{
	struct pollfd p[COUNT];

	for (int j = 0; j < COUNT; j++)
		p[j] = (struct pollfd){ .fd = j == FILE_ || j == NULL_ ? -1 : fds[j], .events = POLLIN };
	poll(p, COUNT, timeout_ms);
	return p[i].revents;
}

static void check_ready_at_once(void)
{
	struct pollfd p[] = {
		{ fds[FILE_], POLLIN | POLLOUT, 0 }, { fds[NULL_], POLLIN | POLLOUT, 0 }, { fds[PIPE_WRITE], POLLOUT, 0 },
		{ fds[STREAM], POLLIN | POLLOUT, 0 }, { fds[PIPE_READ], POLLIN, 0 }, { -1, POLLIN, 0 }, { 77, POLLIN, 0 },
	};

	CHECK_EQ(poll(p, 7, -1), 5);
	CHECK_EQ(p[0].revents, POLLIN | POLLOUT);
	CHECK_EQ(p[1].revents, POLLIN | POLLOUT);
	CHECK_EQ(p[2].revents, POLLOUT);
	CHECK_EQ(p[3].revents, POLLOUT);
	CHECK_EQ(p[4].revents, 0);
	CHECK_EQ(p[5].revents, 0);
	CHECK_EQ(p[6].revents, POLLNVAL);
}

static void check_timeouts(void)
{
	long long start = now_ms();

	CHECK_EQ(poll_all(PIPE_READ, 0), 0);
	CHECK_EQ(poll_all(PIPE_READ, 30), 0);
	CHECK(now_ms() - start >= 30);
	CHECK_EQ(poll(NULL, 0, 5), 0);
}

static void check_data(void)
{
	char byte;

	CHECK_EQ(write(fds[PIPE_WRITE], "p", 1), 1);
	CHECK_EQ(poll_all(PIPE_READ, -1), POLLIN);
	CHECK_EQ(poll_all(PEER, 0), 0);
	CHECK_EQ(read(fds[PIPE_READ], &byte, 1), 1);
	CHECK_EQ(poll_all(PIPE_READ, 0), 0);
	CHECK_EQ(write(fds[STREAM], "s", 1), 1);
	CHECK_EQ(poll_all(PEER, 10000), POLLIN);
	CHECK_EQ(read(fds[PEER], &byte, 1), 1);
	CHECK_EQ(poll_all(PEER, 0), 0);
}

static void check_select(void)
{
	struct timeval soon = { .tv_usec = 20000 };
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fds[PIPE_READ], &in);
	FD_SET(fds[PEER], &in);
	CHECK_EQ(select(FD_SETSIZE, &in, NULL, NULL, &soon), 0);
	CHECK(!FD_ISSET(fds[PEER], &in));
	FD_SET(fds[PIPE_READ], &in);
	FD_SET(fds[PEER], &in);
	FD_SET(fds[FILE_], &in);
	FD_SET(fds[STREAM], &out);
	CHECK_EQ(write(fds[STREAM], "s", 1), 1);
	CHECK_EQ(poll_all(PEER, 10000), POLLIN);
	CHECK_EQ(select(FD_SETSIZE, &in, &out, NULL, NULL), 3);
	CHECK(FD_ISSET(fds[PEER], &in) && FD_ISSET(fds[FILE_], &in) && FD_ISSET(fds[STREAM], &out));
	CHECK(!FD_ISSET(fds[PIPE_READ], &in));
	FD_ZERO(&in);
	FD_SET(77, &in);
	CHECK_ERRNO(select(FD_SETSIZE, &in, NULL, NULL, NULL), EBADF);
}

static void check_listener(void)
{
	struct sockaddr_in address;
	socklen_t len = sizeof address;
	int client = socket(AF_INET, SOCK_STREAM, 0);

	CHECK_EQ(getsockname(fds[LISTENER], (struct sockaddr *)&address, &len), 0);
	CHECK_EQ(poll_all(LISTENER, 0), 0);
	CHECK_EQ(connect(client, (struct sockaddr *)&address, sizeof address), 0);
	CHECK_EQ(poll_all(LISTENER, 10000), POLLIN);
	close(accept(fds[LISTENER], NULL, NULL));
	close(client);
}

static void check_hang_up(void)
{
	close(fds[PIPE_WRITE]);
	fds[PIPE_WRITE] = -1;
	CHECK(poll_all(PIPE_READ, -1) & POLLHUP);
	close(fds[STREAM]);
	fds[STREAM] = -1;
	CHECK(poll_all(PEER, 10000) & POLLIN);
}

int main(void)
{
	open_all();
	check_ready_at_once();
	check_timeouts();
	check_data();
	check_select();
	check_listener();
	check_hang_up();
	return verdict();
}
