/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each thread has for POSIX. A pthread_t is the address of the thread's own copy of a
 * thread-local variable, so every thread of the kernel is one, main()'s included, without anything
 * being allocated for it; it lives until the thread has been joined or, detached, has ended.
 *
 * Functions in this folder return POSIX's way: 0 or the error number itself, positive.
 */
#pragma once

#include "kernel/futex.h"
#include "kernel/list.h"
#include "kernel/thread.h"
#include <errno.h>
#include <limits.h>
#include <pthread.h>

/* With its guard page a power of two, of which the page allocator wastes nothing. */
#define PTHREAD_STACK_DEFAULT (124u << 10)

#define KEYS_PER_BLOCK 16u
#define KEY_BLOCKS     (PTHREAD_KEYS_MAX / KEYS_PER_BLOCK)

struct key_value;
struct inherit_waiter;

/* Which of the thread's end, detach and join came first. A futex: joiners wait for EXITED. */
enum pthread_state { PTHREAD_JOINABLE, PTHREAD_DETACHED, PTHREAD_EXITED };

struct pthread {
	struct thread *thread; /* NULL: nobody has its pthread_t yet */
	atomic_uint state;
	bool created;     /* by pthread_create(), and not by the kernel */
	struct list node; /* among those created; registry.c */
	void *(*start)(void *);
	void *arg, *result;
	struct _pthread_cleanup_context *cleanup;
	struct key_value *values[KEY_BLOCKS]; /* NULL: none set */
	pthread_mutex_t *robust;              /* those it holds */
	pthread_mutex_t *boosting; /* those it holds that lend it a priority; inherit.c */
	enum thread_priority lent;
	struct inherit_waiter *blocked; /* where it waits for one of these */
	unsigned read_locks;            /* how many rwlocks it has for reading */
	int policy;
	struct sched_param param;
	size_t guard_size;
};

extern _Thread_local struct pthread pthread_own;

static inline struct pthread *self(void)
{
	struct pthread *p = &pthread_own;

	if (__builtin_expect(!p->thread, 0))
		p->thread = thread_current();
	return p;
}

/* For attributes of every kind. One process: whatever is shared is private too. */
static inline int set_shared(int *attribute, int shared)
{
	if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
		return EINVAL;
	*attribute = shared;
	return 0;
}

/* registry.c: the threads that pthread_create() has made and that have not ended. */
void registry_add(struct pthread *);
void registry_remove(struct pthread *);
void registry_wait_empty(void);

/* The ends of what a thread may have: key.c, robust.c. */
void key_run_destructors(struct pthread *);
void robust_release_all(struct pthread *);

/* sched_param.c */
enum thread_priority priority_of(int policy, const struct sched_param *);
int check_param(int policy, const struct sched_param *); /* 0, EINVAL */
