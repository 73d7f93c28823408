/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `make DEBUG=1` asks of whoever uses a spinlock: not to take it twice, not to hold it for
 * long, not to sleep meanwhile, and to take two of them in one order everywhere. Each violation is a
 * panic with two call chains: where it was noticed, and where the other half of it happened. Without
 * DEBUG all of this is nothing. Defined by debug/locks.c.
 *
 * Order is between classes. A lock in the image is a class of its own. Those in allocated memory
 * name theirs, by spinlock_init(), or nobody looks at their order.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct spinlock;

#ifdef THIMBLE_DEBUG

#define SPINLOCK_CALLS 8 /* of the chain that is remembered */

struct lock_class {
	const char *name;
	uint8_t id;          /* 0: never taken */
};

#define LOCK_CLASS(var, text) static struct lock_class var = { .name = (text) }

struct spinlock_check {
	struct lock_class *class;
	uint8_t id;                      /* of its class; 0: never taken */
	_Atomic(const struct cpu *) owner;
	_Atomic uint64_t since;          /* TSC; 0: not held */
	uint64_t calls[SPINLOCK_CALLS];  /* where it was taken */
};

void spinlock_init(struct spinlock *, struct lock_class *);

/* Interrupts are off in all of these but the last. */
void spinlock_wanted(struct spinlock *);
void spinlock_awaited(struct spinlock *);
void spinlock_taken(struct spinlock *);
void spinlock_released(struct spinlock *);
void spinlock_none_held(void);           /* who calls is about to sleep */

extern uint64_t spinlock_ticks_max;      /* of the TSC, to be held or waited for */

/* Everything stood still for a while: from now on durations say nothing. */
static inline void spinlock_time_passed(void) { spinlock_ticks_max = INT64_MAX; }

#else

#define LOCK_CLASS(var, text) _Static_assert(sizeof(text) > 1, "a class has a name")
#define spinlock_init(lock, class) ((void)(lock))

struct spinlock_check { };

static inline void spinlock_wanted(struct spinlock *l) { (void)l; }
static inline void spinlock_awaited(struct spinlock *l) { (void)l; }
static inline void spinlock_taken(struct spinlock *l) { (void)l; }
static inline void spinlock_released(struct spinlock *l) { (void)l; }
static inline void spinlock_none_held(void) { }
static inline void spinlock_time_passed(void) { }

#endif
