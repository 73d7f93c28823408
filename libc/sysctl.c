/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctlbyname(3), and a listing. Whoever refers to this brings the tree's sources into the image
 * (tools/thimblelib/linker.py).
 */
#include "kernel/sysctl.h"
#include "kernel/heap.h"
#include "kernel/param.h"
#include "libc/result.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>

struct wanted {
	const char *name;
	void *old;
	size_t room, size;
	const void *value;
	size_t value_size;
	int result;
};

/* A number is handed out in the machine's own order of bytes, so its low half is its beginning. */
static int copy_out(struct wanted *q, const struct sysctl_node *n)
{
	const void *from = n->bytes ? (const void *)&n->number : n->text;

	q->size = n->bytes ? n->bytes : strlen(n->text) + 1;
	if (!q->old)
		return 0;
	memcpy(q->old, from, q->size < q->room ? q->size : q->room);
	return q->size <= q->room ? 0 : -ENOMEM;
}

static int set(const struct sysctl_node *n, const void *value, size_t size)
{
	uint32_t number;

	if (!n->param)
		return -EPERM;
	if (size != sizeof number)
		return -EINVAL;
	memcpy(&number, value, sizeof number);
	if (number < n->param->min || number > n->param->max)
		return -EINVAL;
	*(uint32_t *)n->param->target = number;
	return 0;
}

static void look_at(struct sysctl_walk *w, const struct sysctl_node *n)
{
	struct wanted *q = w->arg;

	if (q->result != -ENOENT || strcmp(n->name, q->name) != 0)
		return;
	q->result = copy_out(q, n);
	if (q->result == 0 && q->value)
		q->result = set(n, q->value, q->value_size);
}

int sysctlbyname(const char *name, void *old, size_t *oldlen, const void *new_value, size_t newlen)
{
	struct wanted q = {
		.name = name, .old = old, .room = oldlen ? *oldlen : 0,
		.value = new_value, .value_size = newlen, .result = -ENOENT,
	};
	struct sysctl_walk w = { .node = look_at, .arg = &q };

	if (!oldlen)
		q.old = NULL;
	sysctl_walk(&w);
	if (oldlen && (q.result == 0 || q.result == -ENOMEM))
		*oldlen = q.size;
	return libc_result(q.result);
}

/* --- listing: a copy of everything first, as sources may hold locks while they walk --- */

struct kept {
	struct kept *next;
	struct sysctl_entry entry;
	char text[];
};

struct listing {
	const char *prefix;
	struct kept *first, **end;
	bool failed;
};

static void keep(struct sysctl_walk *w, const struct sysctl_node *n)
{
	struct listing *l = w->arg;
	size_t name_size = strlen(n->name) + 1, text_size = n->bytes ? 1 : strlen(n->text) + 1;
	struct kept *k;

	if (strncmp(n->name, l->prefix, strlen(l->prefix)) != 0)
		return;
	k = kmalloc(sizeof *k + name_size + text_size);
	if (!k) {
		l->failed = true;
		return;
	}
	memcpy(k->text, n->name, name_size);
	memcpy(k->text + name_size, n->bytes ? "" : n->text, text_size);
	k->entry = (struct sysctl_entry){
		.name = k->text, .help = n->help, .kind = (int)n->kind, .size = n->bytes,
		.writable = n->param != NULL, .number = n->number, .string = k->text + name_size,
	};
	k->next = NULL;
	*l->end = k;
	l->end = &k->next;
}

int sysctl_for_each(const char *prefix, int (*visit)(const struct sysctl_entry *, void *arg), void *arg)
{
	struct listing l = { .prefix = prefix, .end = &l.first };
	struct sysctl_walk w = { .node = keep, .arg = &l };
	int result = 0;

	sysctl_walk(&w);
	for (struct kept *k = l.first, *next; k; k = next) {
		next = k->next;
		if (!l.failed && !result)
			result = visit(&k->entry, arg);
		kfree(k);
	}
	return l.failed ? libc_result(-ENOMEM) : result;
}
