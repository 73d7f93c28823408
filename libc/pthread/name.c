/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads' names, which the kernel shows where it lists threads. */
#define _GNU_SOURCE 1
#include "libc/pthread/pthread.h"
#include <errno.h>
#include <string.h>

int pthread_setname_np(pthread_t p, const char *name)
{
	struct thread *t = p->thread;

	if (strlen(name) >= sizeof(t->name))
		return ERANGE;
	strncpy(t->name, name, sizeof(t->name));
	return 0;
}

int pthread_getname_np(pthread_t p, char *name, size_t size)
{
	const struct thread *t = p->thread;

	if (size <= strnlen(t->name, sizeof(t->name)))
		return ERANGE;
	strncpy(name, t->name, size);
	return 0;
}
