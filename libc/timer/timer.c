/* SPDX-License-Identifier: BSD-2-Clause */
/* timer_create() and its kin. A timer's number is its address, looked up among those that exist. */
#define _GNU_SOURCE 1
#include "libc/timer/timer.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/mutex.h"
#include "libc/result.h"
#include "libc/signal.h"
#include "libc/timespec.h"
#include <errno.h>
#include <stdlib.h>

static struct mutex lock = MUTEX_INIT;
static struct list timers = LIST_INIT(timers);

/* What SIGEV_THREAD's thread is to call. */
struct call {
	void (*function)(union sigval);
	union sigval value;
};

static void *run(void *arg)
{
	struct call call = *(struct call *)arg;

	free(arg);
	call.function(call.value);
	return NULL;
}

void timer_start_thread(const struct sigevent *event, const pthread_attr_t *attr)
{
	struct call *call = malloc(sizeof(*call));
	pthread_t t;

	if (call)
		*call = (struct call){ event->sigev_notify_function, event->sigev_value };
	if (call && pthread_create(&t, attr, run, call) == 0)
		return;
	log_warn("timer: no memory for the thread to notify; one expiration is lost");
	free(call);
}

static bool valid(clockid_t clock, const struct sigevent *event)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
		return false;
	switch (event->sigev_notify) {
	case SIGEV_NONE:
		return true;
	case SIGEV_SIGNAL:
		return signal_valid(event->sigev_signo);
	case SIGEV_THREAD:
		return event->sigev_notify_function != NULL;
	default:
		return false;
	}
}

/* Nobody can join the threads it starts. */
static void set_attr(struct posix_timer *t)
{
	if (t->event.sigev_notify == SIGEV_THREAD && t->event.sigev_notify_attributes)
		t->attr = *t->event.sigev_notify_attributes;
	else
		pthread_attr_init(&t->attr);
	t->attr.__detach = PTHREAD_CREATE_DETACHED;
}

int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict id)
{
	struct sigevent alarm = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct posix_timer *t;

	if (!valid(clock, event ? event : &alarm))
		return libc_result(-EINVAL);
	t = posix_timer_prepare() == 0 ? kzalloc(sizeof(*t)) : NULL;
	if (!t)
		return libc_result(-EAGAIN);
	t->clock = clock;
	t->event = event ? *event : alarm;
	set_attr(t);
	posix_timer_init(t);
	mutex_lock(&lock);
	list_push_back(&timers, &t->node);
	mutex_unlock(&lock);
	*id = (timer_t)t;
	return 0;
}

/* Locks; NULL: there is none such, and nothing is locked. */
static struct posix_timer *find(timer_t id)
{
	mutex_lock(&lock);
	list_for_each(n, &timers) {
		struct posix_timer *t = container_of(n, struct posix_timer, node);

		if ((timer_t)t == id)
			return t;
	}
	mutex_unlock(&lock);
	return NULL;
}

int timer_delete(timer_t id)
{
	struct posix_timer *t = find(id);

	if (!t)
		return libc_result(-EINVAL);
	posix_timer_set(t, &(struct timer_setting){ 0 });
	list_remove(&t->node);
	mutex_unlock(&lock);
	kfree(t);
	return 0;
}

static struct itimerspec to_spec(struct timer_setting s)
{
	return (struct itimerspec){
		.it_interval = timespec_from_ns(s.interval_ns),
		.it_value = timespec_from_ns(s.deadline_ns),
	};
}

/* A deadline of 0 would not be one. */
static struct timer_setting from_spec(clockid_t clock, int flags, const struct itimerspec *spec)
{
	struct timer_setting s = { .interval_ns = timespec_to_ns(&spec->it_interval) };
	uint64_t ns = timespec_to_ns(&spec->it_value);

	if (ns)
		s.deadline_ns = flags & TIMER_ABSTIME ? deadline_at(clock, ns) : deadline_after(ns);
	if (ns && !s.deadline_ns)
		s.deadline_ns = 1;
	return s;
}

int timer_settime(timer_t id, int flags, const struct itimerspec *restrict value,
		  struct itimerspec *restrict old)
{
	struct posix_timer *t;
	struct timer_setting setting, before;

	if (!timespec_valid(&value->it_value) || !timespec_valid(&value->it_interval))
		return libc_result(-EINVAL);
	t = find(id);
	if (!t)
		return libc_result(-EINVAL);
	setting = from_spec(t->clock, flags, value);
	before = posix_timer_get(t);
	posix_timer_set(t, &setting);
	mutex_unlock(&lock);
	if (old)
		*old = to_spec(before);
	return 0;
}

int timer_gettime(timer_t id, struct itimerspec *value)
{
	struct posix_timer *t = find(id);

	if (!t)
		return libc_result(-EINVAL);
	*value = to_spec(posix_timer_get(t));
	mutex_unlock(&lock);
	return 0;
}

int timer_getoverrun(timer_t id)
{
	struct posix_timer *t = find(id);
	int overrun;

	if (!t)
		return libc_result(-EINVAL);
	overrun = (int)t->overrun;
	mutex_unlock(&lock);
	return overrun;
}
