/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does with the network what the lines it reads say, so that a test on the host can let cards come
 * and go in between. "wait" until eth0 has an address, "lose" until there is no eth0, "connect PORT"
 * and "talk BYTES" over that connection, whose other end echoes; "ask BYTES" of it and leave them
 * unread; "send" a datagram from a socket that has no peer and see whether it comes back; "poll" and
 * "close" the connection; "free" pages; "exit". Each answers with one line, that of a failure being
 * "error ERRNO".
 *
 * "hang" and "hear" leave a thread in recv(), on the connection or on a UDP socket that has a peer;
 * it tells how that ended.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in host = { .sin_family = AF_INET };
static int stream = -1, datagram = -1, any;

static void answer(long result, const char *what, long value)
{
	if (result < 0)
		printf("error %d\n", errno);
	else
		printf("%s %ld\n", what, value);
}

static int ask_about(unsigned long request, struct ifreq *req)
{
	strcpy(req->ifr_name, "eth0");
	return ioctl(any, request, req);
}

static void wait_for_address(void)
{
	struct ifreq req;
	char text[INET_ADDRSTRLEN];

	while (ask_about(SIOCGIFADDR, &req) < 0)
		usleep(10000);
	printf("address %s\n", inet_ntop(AF_INET, &((struct sockaddr_in *)&req.ifr_addr)->sin_addr, text, sizeof text));
}

static void wait_for_loss(void)
{
	struct ifreq req;

	while (ask_about(SIOCGIFFLAGS, &req) == 0)
		usleep(10000);
	answer(errno == ENODEV ? 0 : -1, "gone", 0);
}

static void make_sockets(int port)
{
	host.sin_port = htons((uint16_t)port);
	close(stream);
	close(datagram);
	stream = socket(AF_INET, SOCK_STREAM, 0);
	datagram = socket(AF_INET, SOCK_DGRAM, 0);
	if (connect(stream, (struct sockaddr *)&host, sizeof host) < 0)
		answer(-1, "", 0);
	else
		answer(connect(datagram, (struct sockaddr *)&host, sizeof host), "connected", port);
}

static long transfer(char *data, long len)
{
	long got = 0;
	ssize_t n = send(stream, data, (size_t)len, 0);

	memset(data, 0, (size_t)len);
	while (n > 0 && got < len && (n = recv(stream, data + got, (size_t)(len - got), 0)) > 0)
		got += n;
	return n > 0 ? got : -1;
}

/* In pieces: both ends would wait with more on its way than they have room for. */
static void talk(long len)
{
	static char piece[16384];
	long done = 0, n = 1;

	for (; done < len && n > 0; done += n) {
		n = len - done < (long)sizeof piece ? len - done : (long)sizeof piece;
		for (long i = 0; i < n; i++)
			piece[i] = (char)((done + i) * 7 + 1);
		n = transfer(piece, n);
		for (long i = 0; i < n; i++)
			if (piece[i] != (char)((done + i) * 7 + 1))
				printf("byte %ld differs\n", done + i);
	}
	answer(n, "talked", done);
}

/* Its echo stays unread, in the card's buffers. */
static void ask(long len)
{
	static char data[65536];
	int there = 0;
	ssize_t n = send(stream, data, (size_t)len, 0);

	while (n > 0 && there < len && ioctl(stream, FIONREAD, &there) == 0)
		usleep(10000);
	answer(n, "unread", there);
}

static void *hang(void *fd)
{
	char byte;
	ssize_t n = recv(*(int *)fd, &byte, 1, 0);

	printf("%s ended with %zd, error %d\n", fd == &stream ? "stream" : "datagram", n, n < 0 ? errno : 0);
	return NULL;
}

static void leave_hanging(int *fd)
{
	pthread_t thread;

	pthread_create(&thread, NULL, hang, fd);
	pthread_detach(thread);
	usleep(50000);
	printf("hangs\n");
}

static void poll_stream(void)
{
	struct pollfd p = { .fd = stream, .events = POLLIN | POLLOUT };

	poll(&p, 1, -1);
	printf("%s%s\n", p.revents & POLLERR ? "error, " : "", p.revents & POLLHUP ? "hung up" : "open");
}

/* A datagram that asks for an answer from whoever is behind the card. */
static void send_datagram(void)
{
	char back[8] = "";
	struct pollfd p = { .fd = any, .events = POLLIN };
	ssize_t n = sendto(any, "ping", 4, 0, (struct sockaddr *)&host, sizeof host);

	if (n == 4 && poll(&p, 1, 10000) == 1)
		n = recv(any, back, sizeof back, 0);
	answer(n, strcmp(back, "ping") == 0 ? "echoed" : "sent", n);
}

static void close_all(void)
{
	close(stream);
	close(datagram);
	stream = datagram = -1;
	printf("closed\n");
}

int main(void)
{
	char line[64];
	long n;

	any = socket(AF_INET, SOCK_DGRAM, 0);
	inet_pton(AF_INET, "10.0.2.2", &host.sin_addr);
	printf("ready\n");
	while (fgets(line, sizeof line, stdin) && strcmp(line, "exit\n") != 0) {
		if (sscanf(line, "connect %ld", &n) == 1)
			make_sockets((int)n);
		else if (sscanf(line, "talk %ld", &n) == 1)
			talk(n);
		else if (sscanf(line, "ask %ld", &n) == 1)
			ask(n);
		else if (strcmp(line, "wait\n") == 0)
			wait_for_address();
		else if (strcmp(line, "lose\n") == 0)
			wait_for_loss();
		else if (strcmp(line, "hang\n") == 0)
			leave_hanging(&stream);
		else if (strcmp(line, "hear\n") == 0)
			leave_hanging(&datagram);
		else if (strcmp(line, "poll\n") == 0)
			poll_stream();
		else if (strcmp(line, "send\n") == 0)
			send_datagram();
		else if (strcmp(line, "close\n") == 0)
			close_all();
		else
			printf("free %ld\n", sysconf(_SC_AVPHYS_PAGES));
	}
	return 0;
}
