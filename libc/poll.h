/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way to wait for descriptors, under poll(2) and select(2). */
#pragma once

#include <poll.h>
#include <stdint.h>

/* Fills in revents. How many are not 0 (0: the deadline passed), -ENOMEM or -EINTR. deadline_ns is in clock_now_ns(); 0: look once. */
int poll_wait(struct pollfd *fds, nfds_t nfds, uint64_t deadline_ns);
