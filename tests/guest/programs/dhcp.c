/* SPDX-License-Identifier: BSD-2-Clause */
/* Waits until there is a way to argv[1], and tells the address it would be taken from. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	char text[INET_ADDRSTRLEN];

	if (argc != 2 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		return 2;
	for (int i = 0; i < 1000; i++) {
		struct sockaddr_in own = { 0 };
		socklen_t len = sizeof own;
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
		    getsockname(fd, (struct sockaddr *)&own, &len) == 0 && own.sin_addr.s_addr) {
			printf("address %s\n", inet_ntop(AF_INET, &own.sin_addr, text, sizeof text));
			return 0;
		}
		close(fd);
		nanosleep(&pause, NULL);
	}
	puts("no address");
	return 1;
}
