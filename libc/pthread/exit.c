/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread's end. Whatever runs the app's code comes first (cleanup handlers, destructors of keys),
 * what frees memory last, the thread's cache of free memory after that.
 */
#include "libc/malloc/malloc_cache.h"
#include "libc/pthread/pthread.h"
#include <reent.h>
#include <stdlib.h>

static void run_cleanup(struct pthread *p)
{
	while (p->cleanup)
		_pthread_cleanup_pop(p->cleanup, 1);
}

/* Its hook would flush the standard streams, which are everybody's. */
static void free_newlib_data(void)
{
	_tls_cleanup = NULL;
	_reclaim_reent(NULL);
}

/* main()'s thread: the app lives on while any of its threads does. */
static _Noreturn void end_process(void)
{
	registry_wait_empty();
	exit(0);
}

/* After this nobody but the joiner, who waits for the stack to be left, looks at p. */
static _Noreturn void end_thread(struct pthread *p)
{
	unsigned joinable = PTHREAD_JOINABLE;

	registry_remove(p);
	if (atomic_compare_exchange_strong(&p->state, &joinable, PTHREAD_EXITED))
		futex_wake(&p->state, 1);
	else
		thread_detach(p->thread);
	thread_exit();
}

void pthread_exit(void *result)
{
	struct pthread *p = self();

	atomic_fetch_or(&p->thread->interrupts, THREAD_UNINTERRUPTIBLE);
	p->result = result;
	run_cleanup(p);
	key_run_destructors(p);
	robust_release_all(p);
	if (!p->created) {
		atomic_store(&p->state, PTHREAD_EXITED);
		futex_wake(&p->state, 1);
		end_process();
	}
	free_newlib_data();
	if (malloc_cache_flush)
		malloc_cache_flush();
	end_thread(p);
}
