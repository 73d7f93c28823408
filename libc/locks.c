/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * newlib's locks, over the kernel's mutex. All of them stand here: newlib takes either its own dummies or ours, never some of each. A lock
 * does not know whether it is recursive; the calls do.
 */
#include "kernel/heap.h"
#include "kernel/mutex.h"
#include "kernel/thread.h"
#include <sys/lock.h>

struct __lock {
	struct mutex mutex;
	_Atomic(struct thread *) owner; /* of a recursive lock while it is held */
	unsigned depth;                 /* how often owner took it, guarded by being owner */
};

struct __lock __lock___sfp_recursive_mutex;
struct __lock __lock___atexit_recursive_mutex;
struct __lock __lock___at_quick_exit_mutex;
struct __lock __lock___malloc_recursive_mutex;
struct __lock __lock___env_recursive_mutex;
struct __lock __lock___tz_mutex;
struct __lock __lock___dd_hash_mutex;
struct __lock __lock___arc4random_mutex;

/* newlib cannot be told of a failure. Without memory the stream goes unlocked rather than the app down. */
void __retarget_lock_init(_LOCK_T *lock)
{
	*lock = kzalloc(sizeof(**lock));
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
	__retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
	kfree(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
	kfree(lock);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
	if (lock)
		mutex_lock(&lock->mutex);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
	return !lock || mutex_trylock(&lock->mutex);
}

void __retarget_lock_release(_LOCK_T lock)
{
	if (lock)
		mutex_unlock(&lock->mutex);
}

/* Only the owner itself can find itself there, so the look needs no lock. */
static int held_by_caller(_LOCK_T lock)
{
	return atomic_load_explicit(&lock->owner, memory_order_relaxed) == thread_current();
}

static void own(_LOCK_T lock)
{
	atomic_store_explicit(&lock->owner, thread_current(), memory_order_relaxed);
	lock->depth = 1;
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
	if (!lock)
		return;
	if (held_by_caller(lock)) {
		lock->depth++;
		return;
	}
	mutex_lock(&lock->mutex);
	own(lock);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
	if (!lock)
		return 1;
	if (held_by_caller(lock)) {
		lock->depth++;
		return 1;
	}
	if (!mutex_trylock(&lock->mutex))
		return 0;
	own(lock);
	return 1;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
	if (!lock || --lock->depth)
		return;
	atomic_store_explicit(&lock->owner, NULL, memory_order_relaxed);
	mutex_unlock(&lock->mutex);
}
