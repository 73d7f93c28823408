/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sleeping lock and a counting semaphore over the futex. Uncontended, neither enters the
 * scheduler.
 */
#pragma once

#include "kernel/futex.h"
#include <stdbool.h>

struct mutex {
	atomic_uint state; /* 0 free, 1 held, 2 held and somebody may wait */
};

#define MUTEX_INIT { 0 }

void mutex_lock(struct mutex *);
bool mutex_trylock(struct mutex *);
void mutex_unlock(struct mutex *);

struct semaphore {
	atomic_uint count;
};

#define SEMAPHORE_INIT(n) { (n) }

int semaphore_wait(struct semaphore *, uint64_t deadline_ns); /* 0 or -ETIMEDOUT */
void semaphore_post(struct semaphore *);                      /* callable from interrupt handlers */
