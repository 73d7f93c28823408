/* SPDX-License-Identifier: BSD-2-Clause */
/* Open files: made with one reference, closed when the last one goes. */
#include "kernel/file.h"
#include "kernel/heap.h"

struct file *file_alloc(const struct file_ops *ops, unsigned flags, void *data)
{
	struct file *f = kzalloc(sizeof(*f));

	if (!f)
		return NULL;
	f->ops = ops;
	f->data = data;
	atomic_init(&f->refs, 1);
	atomic_init(&f->flags, flags);
	return f;
}

struct file *file_get(struct file *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
	return f;
}

void file_put(struct file *f)
{
	/* Acquire and release: whoever closes sees all that the others did with the file. */
	if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (f->ops->close)
		f->ops->close(f);
	kfree(f);
}
