/* SPDX-License-Identifier: BSD-2-Clause */
/* For programs that talk to an echo server. */
#pragma once

#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Sends len bytes and wants them back. The echo comes while we still send; poll() says when to do which. */
static inline void exchange(int fd, const char *out, char *in, size_t len)
{
	size_t sent = 0, have = 0;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (have < len) {
		struct pollfd p = { .fd = fd, .events = (short)(POLLIN | (sent < len ? POLLOUT : 0)) };
		ssize_t n;

		if (poll(&p, 1, 30000) <= 0)
			break;
		if ((p.revents & POLLOUT) && (n = write(fd, out + sent, len - sent)) > 0)
			sent += (size_t)n;
		if ((p.revents & (POLLIN | POLLHUP)) && (n = read(fd, in + have, len - have)) > 0)
			have += (size_t)n;
	}
	CHECK_EQ(have, len);
	CHECK(memcmp(in, out, len) == 0);
	fcntl(fd, F_SETFL, 0);
}
