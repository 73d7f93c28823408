/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Named semaphores: a list by name. A name that is unlinked is gone at once, the semaphore with its
 * last user.
 */
#include "kernel/heap.h"
#include "kernel/list.h"
#include "kernel/mutex.h"
#include "libc/result.h"
#include <errno.h>
#include <semaphore.h>
#include <stdarg.h>
#include <string.h>

struct named {
	struct list node; /* while the name exists */
	sem_t sem;
	unsigned users;
	char name[];
};

static struct mutex lock = MUTEX_INIT;
static struct list all = LIST_INIT(all);

/* All under the lock. */

static struct named *find(const char *name)
{
	list_for_each(n, &all) {
		struct named *s = container_of(n, struct named, node);

		if (strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

static int create(const char *name, unsigned value, struct named **out)
{
	size_t size = strlen(name) + 1;
	struct named *s;

	if (value > SEM_VALUE_MAX)
		return -EINVAL;
	s = kzalloc(sizeof(*s) + size);
	if (!s)
		return -ENOMEM;
	memcpy(s->name, name, size);
	sem_init(&s->sem, 0, value);
	list_push_back(&all, &s->node);
	*out = s;
	return 0;
}

static int open_or_create(const char *name, int flags, unsigned value, struct named **out)
{
	*out = find(name);
	if (*out)
		return flags & O_CREAT && flags & O_EXCL ? -EEXIST : 0;
	return flags & O_CREAT ? create(name, value, out) : -ENOENT;
}

static void free_unused(struct named *s)
{
	if (s->users == 0 && list_empty(&s->node))
		kfree(s);
}

/* --- */

static int check_name(const char *name)
{
	if (name[0] != '/' || !name[1] || strchr(name + 1, '/'))
		return -EINVAL;
	return strlen(name) > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* mode, the first of the optional arguments, means nothing: there is one user. */
sem_t *sem_open(const char *name, int flags, ...)
{
	int error = check_name(name);
	struct named *s = NULL;
	unsigned value = 0;
	va_list args;

	va_start(args, flags);
	if (flags & O_CREAT) {
		(void)va_arg(args, mode_t);
		value = va_arg(args, unsigned);
	}
	va_end(args);
	mutex_lock(&lock);
	if (!error)
		error = open_or_create(name, flags, value, &s);
	if (!error)
		s->users++;
	mutex_unlock(&lock);
	return libc_result(error) < 0 ? SEM_FAILED : &s->sem;
}

int sem_close(sem_t *sem)
{
	struct named *s = container_of(sem, struct named, sem);

	mutex_lock(&lock);
	s->users--;
	free_unused(s);
	mutex_unlock(&lock);
	return 0;
}

int sem_unlink(const char *name)
{
	struct named *s;

	mutex_lock(&lock);
	s = find(name);
	if (s) {
		list_remove(&s->node);
		free_unused(s);
	}
	mutex_unlock(&lock);
	return libc_result(s ? 0 : -ENOENT);
}
