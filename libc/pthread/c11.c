/* SPDX-License-Identifier: BSD-2-Clause */
/* C11's threads: POSIX's with other results. Each function is in the image only if it is called. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

static int result_of(int error)
{
	switch (error) {
	case 0:
		return thrd_success;
	case EBUSY:
		return thrd_busy;
	case ETIMEDOUT:
		return thrd_timedout;
	case ENOMEM:
	case EAGAIN: /* pthread_create() without memory */
		return thrd_nomem;
	default:
		return thrd_error;
	}
}

void call_once(once_flag *once, void (*routine)(void))
{
	pthread_once(once, routine);
}

int cnd_init(cnd_t *c)
{
	return result_of(pthread_cond_init(c, NULL));
}

void cnd_destroy(cnd_t *c)
{
	pthread_cond_destroy(c);
}

int cnd_signal(cnd_t *c)
{
	return result_of(pthread_cond_signal(c));
}

int cnd_broadcast(cnd_t *c)
{
	return result_of(pthread_cond_broadcast(c));
}

int cnd_wait(cnd_t *c, mtx_t *m)
{
	return result_of(pthread_cond_wait(c, m));
}

/* C's times are TIME_UTC's, the wall clock's. */
int cnd_timedwait(cnd_t *restrict c, mtx_t *restrict m, const struct timespec *restrict at)
{
	return result_of(pthread_cond_timedwait(c, m, at));
}

int mtx_init(mtx_t *m, int type)
{
	if (type & ~(mtx_recursive | mtx_timed))
		return thrd_error;
	*m = (mtx_t){ .__kind = type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE
						     : PTHREAD_MUTEX_NORMAL };
	return thrd_success;
}

void mtx_destroy(mtx_t *m)
{
	pthread_mutex_destroy(m);
}

int mtx_lock(mtx_t *m)
{
	return result_of(pthread_mutex_lock(m));
}

int mtx_timedlock(mtx_t *restrict m, const struct timespec *restrict at)
{
	return result_of(pthread_mutex_timedlock(m, at));
}

int mtx_trylock(mtx_t *m)
{
	return result_of(pthread_mutex_trylock(m));
}

int mtx_unlock(mtx_t *m)
{
	return result_of(pthread_mutex_unlock(m));
}

struct start {
	thrd_start_t function;
	void *arg;
};

static void *run(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	return (void *)(intptr_t)start.function(start.arg);
}

int thrd_create(thrd_t *out, thrd_start_t function, void *arg)
{
	struct start *start = malloc(sizeof(*start));
	int error;

	if (!start)
		return thrd_nomem;
	*start = (struct start){ function, arg };
	error = pthread_create(out, NULL, run, start);
	if (error)
		free(start);
	return result_of(error);
}

thrd_t thrd_current(void)
{
	return pthread_self();
}

int thrd_detach(thrd_t t)
{
	return result_of(pthread_detach(t));
}

int thrd_equal(thrd_t a, thrd_t b)
{
	return pthread_equal(a, b);
}

void thrd_exit(int result)
{
	pthread_exit((void *)(intptr_t)result);
}

int thrd_join(thrd_t t, int *result)
{
	void *value;
	int error = pthread_join(t, &value);

	if (!error && result)
		*result = (int)(intptr_t)value;
	return result_of(error);
}

/* -1: interrupted, which nothing does; any other failure is less. */
int thrd_sleep(const struct timespec *time, struct timespec *left)
{
	return -2 * (clock_nanosleep(CLOCK_REALTIME, 0, time, left) != 0);
}

void thrd_yield(void)
{
	sched_yield();
}

int tss_create(tss_t *key, tss_dtor_t destructor)
{
	return result_of(pthread_key_create(key, destructor)) == thrd_success ? thrd_success
									      : thrd_error;
}

void tss_delete(tss_t key)
{
	pthread_key_delete(key);
}

void *tss_get(tss_t key)
{
	return pthread_getspecific(key);
}

int tss_set(tss_t key, void *value)
{
	return pthread_setspecific(key, value) == 0 ? thrd_success : thrd_error;
}
