/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a thread that does not run stands, in a few words. */
#pragma once

#include <stddef.h>

struct thread;

/* "asleep in pthread_mutex_lock < worker < thread_run". */
void where_is(const struct thread *, char *text, size_t size);
