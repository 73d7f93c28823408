/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread attributes: the stack, and whether anybody will join. */
#include "kernel/page.h"
#include "libc/pthread/pthread.h"
#include <errno.h>

int pthread_attr_init(pthread_attr_t *attr)
{
	*attr = (pthread_attr_t){
		.__detach = PTHREAD_CREATE_JOINABLE,
		.__inherit = PTHREAD_INHERIT_SCHED,
		.__guard_size = PAGE_SIZE,
	};
	return 0;
}

int pthread_attr_destroy(pthread_attr_t *attr)
{
	(void)attr;
	return 0;
}

int pthread_attr_setdetachstate(pthread_attr_t *attr, int detach)
{
	if (detach != PTHREAD_CREATE_DETACHED && detach != PTHREAD_CREATE_JOINABLE)
		return EINVAL;
	attr->__detach = detach;
	return 0;
}

int pthread_attr_getdetachstate(const pthread_attr_t *attr, int *detach)
{
	*detach = attr->__detach;
	return 0;
}

int pthread_attr_setstacksize(pthread_attr_t *attr, size_t size)
{
	if (size < PTHREAD_STACK_MIN)
		return EINVAL;
	attr->__stack_size = size;
	return 0;
}

int pthread_attr_getstacksize(const pthread_attr_t *attr, size_t *size)
{
	*size = attr->__stack_size ? attr->__stack_size : PTHREAD_STACK_DEFAULT;
	return 0;
}

int pthread_attr_setstack(pthread_attr_t *attr, void *stack, size_t size)
{
	if (size < PTHREAD_STACK_MIN || !stack || (uintptr_t)stack % 16)
		return EINVAL;
	attr->__stack = stack;
	attr->__stack_size = size;
	return 0;
}

int pthread_attr_getstack(const pthread_attr_t *attr, void **stack, size_t *size)
{
	*stack = attr->__stack;
	return pthread_attr_getstacksize(attr, size);
}

/* The size has to be told too, before the attributes are used: what POSIX removed these two for. */
int pthread_attr_setstackaddr(pthread_attr_t *attr, void *stack)
{
	attr->__stack = stack;
	return 0;
}

int pthread_attr_getstackaddr(const pthread_attr_t *attr, void **stack)
{
	*stack = attr->__stack;
	return 0;
}

/* In bytes, of which whole pages are made, one at least; a stack of the app's has none. */
int pthread_attr_setguardsize(pthread_attr_t *attr, size_t size)
{
	attr->__guard_size = size;
	return 0;
}

int pthread_attr_getguardsize(const pthread_attr_t *attr, size_t *size)
{
	*size = attr->__guard_size;
	return 0;
}
