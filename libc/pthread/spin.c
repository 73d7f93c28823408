/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX spinlocks. The holder can be preempted, so who spins for long lets others run: with one CPU
 * it is the only way on.
 */
#include "kernel/thread.h"
#include "kernel/x86_64/cpu.h"
#include "libc/pthread/lock.h"
#include "libc/pthread/pthread.h"
#include <errno.h>

#define SPINS_PER_YIELD 128

int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
	(void)shared;
	*lock = WORD_FREE;
	return 0;
}

int pthread_spin_destroy(pthread_spinlock_t *lock)
{
	(void)lock;
	return 0;
}

static bool looks_held(pthread_spinlock_t *lock)
{
	return atomic_load_explicit(word_of(lock), memory_order_relaxed) != WORD_FREE;
}

int pthread_spin_lock(pthread_spinlock_t *lock)
{
	while (!word_trylock(lock)) {
		for (int i = 0; i < SPINS_PER_YIELD && looks_held(lock); i++)
			cpu_relax();
		if (looks_held(lock))
			thread_yield();
	}
	return 0;
}

int pthread_spin_trylock(pthread_spinlock_t *lock)
{
	return word_trylock(lock) ? 0 : EBUSY;
}

int pthread_spin_unlock(pthread_spinlock_t *lock)
{
	atomic_store_explicit(word_of(lock), WORD_FREE, memory_order_release);
	return 0;
}
