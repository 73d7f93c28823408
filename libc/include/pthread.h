/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, with what it lacks of POSIX.1-2008, and the GNU functions that programs use. */
#pragma once

#include_next <pthread.h>
#include <limits.h>

#define PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP    \
	{                                         \
		.__kind = PTHREAD_MUTEX_RECURSIVE \
	}
#define PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP    \
	{                                          \
		.__kind = PTHREAD_MUTEX_ERRORCHECK \
	}

__BEGIN_DECLS
int pthread_mutexattr_getrobust(const pthread_mutexattr_t *__restrict, int *__restrict robust);
int pthread_mutexattr_setrobust(pthread_mutexattr_t *, int robust);
int pthread_mutex_consistent(pthread_mutex_t *);

#if __GNU_VISIBLE
int pthread_tryjoin_np(pthread_t, void **result);
int pthread_timedjoin_np(pthread_t, void **result, const struct timespec *deadline);
int pthread_clockjoin_np(pthread_t, void **result, clockid_t, const struct timespec *deadline);
int pthread_getattr_np(pthread_t, pthread_attr_t *);
int pthread_attr_setaffinity_np(pthread_attr_t *, size_t, const cpu_set_t *);
int pthread_attr_getaffinity_np(const pthread_attr_t *, size_t, cpu_set_t *);
int pthread_setaffinity_np(pthread_t, size_t, const cpu_set_t *);
int pthread_getaffinity_np(pthread_t, size_t, cpu_set_t *);
#endif
__END_DECLS
