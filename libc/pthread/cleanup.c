/* SPDX-License-Identifier: BSD-2-Clause */
/* Cleanup handlers: a stack of contexts on the thread's own stack, which newlib's macros declare.
 */
#define _GNU_SOURCE 1
#include "libc/pthread/pthread.h"

void _pthread_cleanup_push(struct _pthread_cleanup_context *context, void (*routine)(void *),
			   void *arg)
{
	struct pthread *p = self();

	*context = (struct _pthread_cleanup_context){ ._routine = routine,
						      ._arg = arg,
						      ._previous = p->cleanup };
	p->cleanup = context;
}

void _pthread_cleanup_pop(struct _pthread_cleanup_context *context, int execute)
{
	self()->cleanup = context->_previous;
	if (execute)
		context->_routine(context->_arg);
}

void _pthread_cleanup_push_defer(struct _pthread_cleanup_context *context, void (*routine)(void *),
				 void *arg)
{
	_pthread_cleanup_push(context, routine, arg);
	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &context->_canceltype);
}

void _pthread_cleanup_pop_restore(struct _pthread_cleanup_context *context, int execute)
{
	int type = context->_canceltype;

	_pthread_cleanup_pop(context, execute);
	pthread_setcanceltype(type, NULL);
}
