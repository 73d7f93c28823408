/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX's thread types, in place of newlib's, which are numbers of objects elsewhere. Here the
 * objects are what the program declares, and all zeroes is a valid static initialiser of each. The
 * members are libc/pthread/'s alone. newlib's own code uses none of these types.
 */
#ifndef _SYS__PTHREADTYPES_H_
#define _SYS__PTHREADTYPES_H_

#include <stddef.h>
#include <sys/sched.h>

#define PTHREAD_SCOPE_PROCESS	0
#define PTHREAD_SCOPE_SYSTEM	1

#define PTHREAD_INHERIT_SCHED	1
#define PTHREAD_EXPLICIT_SCHED	2

#define PTHREAD_CREATE_DETACHED	0
#define PTHREAD_CREATE_JOINABLE	1

#define PTHREAD_PROCESS_PRIVATE	0
#define PTHREAD_PROCESS_SHARED	1

#define PTHREAD_PRIO_NONE	0
#define PTHREAD_PRIO_INHERIT	1
#define PTHREAD_PRIO_PROTECT	2

#define PTHREAD_MUTEX_NORMAL	0
#define PTHREAD_MUTEX_RECURSIVE	1
#define PTHREAD_MUTEX_ERRORCHECK 2
#define PTHREAD_MUTEX_DEFAULT	PTHREAD_MUTEX_NORMAL

#define PTHREAD_MUTEX_STALLED	0
#define PTHREAD_MUTEX_ROBUST	1

/* A thread's own thread-local data; libc/pthread/pthread.h. */
typedef struct pthread *pthread_t;

typedef struct {
	void *__stack;
	size_t __stack_size, __guard_size;
	unsigned long __affinity;          /* 0: the creator's */
	struct sched_param __param;
	int __detach, __inherit, __policy;
} pthread_attr_t;

typedef struct __pthread_mutex {
	unsigned __word;                   /* 0 free, 1 held, 2 held and somebody may wait */
	unsigned __kind;                   /* 0: a normal mutex, which uses __word alone */
	struct pthread *__owner;
	unsigned __depth;                  /* how often the owner of a recursive one has it */
	unsigned __damage;                 /* of a robust one: its owner died */
	int __ceiling;
	unsigned long __holder;            /* of one that lends priorities, in place of __word */
	void *__waiters;                   /* and who */
	struct __pthread_mutex *__next_robust, *__next_boosting;
} pthread_mutex_t;

typedef struct {
	int __type, __protocol, __robust, __shared, __ceiling;
} pthread_mutexattr_t;

typedef struct {
	unsigned __waiters;                /* how many */
	int __monotonic;                   /* the clock of pthread_cond_timedwait() */
} pthread_cond_t;

typedef struct {
	int __monotonic, __shared;
} pthread_condattr_t;

typedef struct {
	unsigned __state;
} pthread_once_t;

typedef unsigned pthread_key_t;

typedef struct {
	unsigned __guard;
	unsigned __state;                  /* readers inside, or a writer; whether somebody waits */
	unsigned __readers, __writers;     /* waiting */
	struct pthread *__writer;
} pthread_rwlock_t;

typedef struct {
	int __shared;
} pthread_rwlockattr_t;

typedef struct {
	unsigned __guard;
	unsigned __count, __arrived;
	unsigned __waiters;
} pthread_barrier_t;

typedef struct {
	int __shared;
} pthread_barrierattr_t;

typedef unsigned pthread_spinlock_t;

#define _PTHREAD_MUTEX_INITIALIZER	{ 0 }
#define _PTHREAD_COND_INITIALIZER	{ 0 }
#define _PTHREAD_ONCE_INIT		{ 0 }
#define _PTHREAD_RWLOCK_INITIALIZER	{ 0 }

#endif
