/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries out commands about ports to the host, one a line:
 *   wait NAME | gone NAME | list   of /dev/virtio-ports
 *   open PATH | close
 *   both N    sends and receives N bytes of the pattern at the same time
 *   fill      writes without waiting until nothing more fits
 *   writer N  a thread that sends N bytes, waiting as it must
 *   poll | read | write            what one of each says
 *   flood N   N lines on standard output
 *   report PATH TEXT               writes a line elsewhere
 *   exit N
 */
#include "tests/guest/programs/check.h"
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PERIOD 65521u /* of the pattern: no multiple of anything */

static unsigned char pattern[2 * PERIOD];
static int fd = -1;

static void make_pattern(void)
{
	for (unsigned i = 0; i < 2 * PERIOD; i++) {
		unsigned j = i % PERIOD;

		pattern[i] = (unsigned char)(j * j * 7 + j * 13 + (j >> 8));
	}
}

static bool is_there(const char *name)
{
	DIR *dir = opendir("/dev/virtio-ports");
	struct dirent *entry;
	bool found = false;

	while (dir && (entry = readdir(dir)))
		found |= strcmp(entry->d_name, name) == 0;
	if (dir)
		closedir(dir);
	return found;
}

static void wait_for(const char *name, bool there)
{
	while (is_there(name) != there)
		usleep(10000);
	printf("%s is %s\n", name, there ? "there" : "gone");
}

static void list(void)
{
	DIR *dir = opendir("/dev/virtio-ports");
	struct dirent *entry;

	printf("ports:");
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			printf(" %s", entry->d_name);
	printf(".\n");
	closedir(dir);
}

static long send_pattern(long n)
{
	long done = 0;

	while (done < n) {
		long piece = n - done < 20000 ? n - done : 20000;
		ssize_t sent = write(fd, pattern + done % PERIOD, (size_t)piece);

		if (sent < 0)
			return -errno;
		done += sent;
	}
	return done;
}

static void *sender(void *n)
{
	return (void *)send_pattern((long)n);
}

static void both(long n)
{
	static unsigned char buf[20000];
	long got = 0;
	void *sent;
	pthread_t t;

	pthread_create(&t, NULL, sender, (void *)n);
	while (got < n) {
		ssize_t some = read(fd, buf, sizeof buf);

		if (some <= 0 || memcmp(buf, pattern + got % PERIOD, (size_t)some) != 0) {
			printf("after %ld bytes: %zd, not the pattern, or none\n", got, some);
			break;
		}
		got += some;
	}
	pthread_join(t, &sent);
	printf("received %ld sent %ld\n", got, (long)sent);
}

static void *writer(void *n)
{
	printf("writer ends with %ld\n", send_pattern((long)n));
	return NULL;
}

static void start_writer(long n)
{
	pthread_t t;

	pthread_create(&t, NULL, writer, (void *)n);
	pthread_detach(t);
	printf("writer starts\n");
}

static void fill(void)
{
	long done = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = write(fd, pattern + done % PERIOD, 1000)) > 0)
		done += n;
	printf("full after %ld: %s\n", done, errno == EAGAIN ? "EAGAIN" : "something else");
	fcntl(fd, F_SETFL, 0);
}

static void say_poll(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	poll(&p, 1, 0);
	printf("poll%s%s%s\n", p.revents & POLLIN ? " in" : "", p.revents & POLLOUT ? " out" : "",
	       p.revents & POLLHUP ? " hup" : "");
}

static void say_read(void)
{
	char buf[100];
	ssize_t n = read(fd, buf, sizeof buf - 1);

	buf[n > 0 ? n : 0] = '\0';
	printf("read %zd <%s> error %d\n", n, buf, n < 0 ? errno : 0);
}

static void say_write(void)
{
	ssize_t n = write(fd, "some text", 9);

	printf("write %zd error %d\n", n, n < 0 ? errno : 0);
}

static void open_port(const char *path)
{
	int opened = open(path, O_RDWR);

	printf("open %d error %d\n", opened >= 0, opened < 0 ? errno : 0);
	if (opened >= 0)
		fd = opened;
}

static void report(char *path)
{
	char *text = strchr(path, ' ');
	int out;

	*text++ = '\0';
	out = open(path, O_WRONLY);
	dprintf(out, "%s\n", text);
	printf("reported %d\n", out >= 0);
	close(out);
}

static void carry_out(const char *command, char *argument)
{
	long n = atol(argument);

	if (!strcmp(command, "wait"))
		wait_for(argument, true);
	else if (!strcmp(command, "gone"))
		wait_for(argument, false);
	else if (!strcmp(command, "list"))
		list();
	else if (!strcmp(command, "open"))
		open_port(argument);
	else if (!strcmp(command, "close"))
		printf("close %d\n", close(fd));
	else if (!strcmp(command, "both"))
		both(n);
	else if (!strcmp(command, "fill"))
		fill();
	else if (!strcmp(command, "writer"))
		start_writer(n);
	else if (!strcmp(command, "poll"))
		say_poll();
	else if (!strcmp(command, "read"))
		say_read();
	else if (!strcmp(command, "write"))
		say_write();
	else if (!strcmp(command, "flood"))
		for (long i = 0; i < n; i++)
			printf("line %ld of a flood that is to go somewhere\n", i);
	else if (!strcmp(command, "report"))
		report(argument);
	else if (!strcmp(command, "exit"))
		exit((int)n);
}

int main(void)
{
	char line[300];

	make_pattern();
	printf("ready\n");
	while (fgets(line, sizeof line, stdin)) {
		char *argument;

		line[strcspn(line, "\n")] = '\0';
		argument = strchr(line, ' ');
		if (argument)
			*argument++ = '\0';
		errno = 0;
		carry_out(line, argument ? argument : "");
		fflush(stdout);
	}
	return 0;
}
