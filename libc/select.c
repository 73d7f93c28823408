/* SPDX-License-Identifier: BSD-2-Clause */
/* select(2) and pselect(2), turned into poll_wait(). */
#include "libc/cancel.h"
#include "libc/poll.h"
#include "libc/timespec.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>

/*
 * What makes a descriptor readable, writable, exceptional: end of file and errors wake readers and
 * writers alike.
 */
#define READABLE    (POLLIN | POLLRDNORM | POLLHUP | POLLERR)
#define WRITABLE    (POLLOUT | POLLWRNORM | POLLERR)
#define EXCEPTIONAL POLLPRI

struct sets {
	fd_set *read, *write, *except; /* NULL: not asked for */
};

static bool in_set(int fd, fd_set *set)
{
	return set && FD_ISSET(fd, set);
}

static short events_of(const struct sets *sets, int fd)
{
	return (in_set(fd, sets->read) ? POLLIN : 0) | (in_set(fd, sets->write) ? POLLOUT : 0) |
	       (in_set(fd, sets->except) ? POLLPRI : 0);
}

static nfds_t sets_to_poll(const struct sets *sets, int nfds, struct pollfd *out)
{
	nfds_t count = 0;

	for (int fd = 0; fd < nfds; fd++) {
		short events = events_of(sets, fd);

		if (events)
			out[count++] = (struct pollfd){ .fd = fd, .events = events };
	}
	return count;
}

/* Removes fd from set unless revents says it is ready; 1 when it stays. */
static int keep_ready(fd_set *set, const struct pollfd *p, short ready)
{
	if (!in_set(p->fd, set))
		return 0;
	if (p->revents & ready)
		return 1;
	FD_CLR(p->fd, set);
	return 0;
}

/* How many bits stay set, over all sets; -EBADF when one was no descriptor. */
static int poll_to_sets(const struct sets *sets, const struct pollfd *fds, nfds_t count)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++)
		if (fds[i].revents & POLLNVAL)
			return -EBADF;
	for (nfds_t i = 0; i < count; i++)
		ready += keep_ready(sets->read, &fds[i], READABLE) +
			 keep_ready(sets->write, &fds[i], WRITABLE) +
			 keep_ready(sets->except, &fds[i], EXCEPTIONAL);
	return ready;
}

static int select_wait(const struct sets *sets, int nfds, uint64_t deadline)
{
	struct pollfd *fds;
	nfds_t count;
	int ready;

	if (nfds < 0 || nfds > FD_SETSIZE)
		return -EINVAL;
	fds = malloc((nfds + 1) * sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	count = sets_to_poll(sets, nfds, fds);
	ready = poll_wait(fds, count, deadline);
	if (ready >= 0)
		ready = poll_to_sets(sets, fds, count);
	free(fds);
	return ready;
}

int pselect(int nfds, fd_set *read, fd_set *write, fd_set *except, const struct timespec *timeout,
	    const sigset_t *mask)
{
	uint64_t deadline = DEADLINE_NEVER;

	(void)mask;
	cancel_point();
	if (timeout && !timespec_valid(timeout))
		return libc_result(-EINVAL);
	if (timeout)
		deadline = deadline_after(timespec_to_ns(timeout));
	return cancel_result(select_wait(&(struct sets){ read, write, except }, nfds, deadline));
}

int select(int nfds, fd_set *read, fd_set *write, fd_set *except, struct timeval *timeout)
{
	struct timespec ts;

	if (!timeout)
		return pselect(nfds, read, write, except, NULL, NULL);
	if (timeout->tv_usec < 0 || timeout->tv_usec >= 1000000)
		return libc_result(-EINVAL);
	ts = (struct timespec){ timeout->tv_sec, timeout->tv_usec * 1000 };
	return pselect(nfds, read, write, except, &ts, NULL);
}
