/* SPDX-License-Identifier: BSD-2-Clause */
/* POSIX semaphores, unnamed and named. */
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <sys/cdefs.h>
#include <sys/types.h>
#include <time.h>

typedef struct {
	unsigned long __state; /* the value in the low half, how many wait in the high one */
} sem_t;

#define SEM_FAILED ((sem_t *)0)

__BEGIN_DECLS
int sem_init(sem_t *, int shared, unsigned value);
int sem_destroy(sem_t *);
sem_t *sem_open(const char *name, int flags, ...);
int sem_close(sem_t *);
int sem_unlink(const char *name);
int sem_wait(sem_t *);
int sem_trywait(sem_t *);
int sem_timedwait(sem_t *__restrict, const struct timespec *__restrict deadline);
int sem_post(sem_t *);
int sem_getvalue(sem_t *__restrict, int *__restrict value);
#if __GNU_VISIBLE || __POSIX_VISIBLE >= 202405
int sem_clockwait(sem_t *__restrict, clockid_t, const struct timespec *__restrict deadline);
#endif
__END_DECLS
