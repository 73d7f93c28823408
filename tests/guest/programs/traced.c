/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Something of everything that is traced: two threads that hand each other the CPU, reads of a disk
 * and socket calls; as many rounds as the argument says.
 */
#include "check.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int rounds;

static void *other(void *unused)
{
	for (int i = 0; i < rounds; i++)
		sched_yield();
	return unused;
}

int main(int argc, char **argv)
{
	static char block[4096];
	pthread_t thread;
	int disk = open("/dev/vda", O_RDONLY), pair[2];

	rounds = argc > 1 ? atoi(argv[1]) : 100;
	CHECK(disk >= 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK(pthread_create(&thread, NULL, other, NULL) == 0);
	for (int i = 0; i < rounds; i++) {
		CHECK(pread(disk, block, sizeof block, (i % 64) * 4096) == sizeof block);
		CHECK(send(pair[0], block, 100, 0) == 100);
		CHECK(recv(pair[1], block, sizeof block, 0) == 100);
		sched_yield();
	}
	CHECK(pthread_join(thread, NULL) == 0);
	puts("traced: done");
	return failed;
}
