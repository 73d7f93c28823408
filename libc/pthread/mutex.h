/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes inside. A normal one is a word (lock.h) and nothing else; its two functions are in
 * mutex.c, and short. Every other kind goes through mutex_kinds.c: it knows its owner, and may be
 * recursive, robust, and lend its owner a priority.
 */
#pragma once

#include "libc/pthread/lock.h"
#include "libc/pthread/pthread.h"

/* __kind: the type, and these. 0: a normal mutex. */
#define MUTEX_TYPE    3u
#define MUTEX_ROBUST  4u
#define MUTEX_INHERIT 8u  /* PTHREAD_PRIO_INHERIT: __holder in place of __word */
#define MUTEX_PROTECT 16u /* PTHREAD_PRIO_PROTECT */

/* __damage of a robust mutex */
enum mutex_damage { MUTEX_SOUND, MUTEX_OWNER_DIED, MUTEX_UNRECOVERABLE };

/* mutex_kinds.c: of any kind. */
int mutex_lock_until(pthread_mutex_t *, uint64_t deadline_ns);
int mutex_trylock_kind(pthread_mutex_t *);
int mutex_unlock_kind(pthread_mutex_t *);
int mutex_check_owned(
	const pthread_mutex_t *);      /* EPERM: the caller does not have it, and it can tell */
void mutex_release(pthread_mutex_t *); /* the caller's, however often it has it */

/*
 * Around a condition variable's wait; depth is what __depth was before. The waiter may have been
 * moved to the mutex's word and woken there by an unlock that thought of one waiter only: taking it
 * again leaves CONTENDED, for those who still wait.
 */
void mutex_leave(pthread_mutex_t *);
int mutex_reenter(pthread_mutex_t *, unsigned depth);

/* inherit.c */
int inherit_lock(pthread_mutex_t *, uint64_t deadline_ns); /* 0, ETIMEDOUT, EDEADLK */
bool inherit_trylock(pthread_mutex_t *);
void inherit_unlock(pthread_mutex_t *);
void inherit_abandon(pthread_mutex_t *); /* the caller ends: nobody will ever unlock it */
void inherit_priority_changed(struct pthread *); /* its own, by pthread_setschedparam() */
int protect_check(const pthread_mutex_t *);      /* EINVAL: the caller is above the ceiling */
void protect_raise(pthread_mutex_t *);           /* the caller has taken it */
void protect_leaving(pthread_mutex_t *);         /* and is about to let it go, */
void protect_lower(void);                        /* and has */

/* robust.c: of robust mutexes, and of those that inherit.c has */
int robust_taken(pthread_mutex_t *); /* 0, EOWNERDEAD; ENOTRECOVERABLE: must be let go */
void robust_leaving(pthread_mutex_t *);
