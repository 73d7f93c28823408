/* SPDX-License-Identifier: BSD-2-Clause */
/* Open files: the counted reference that descriptors, threads in a call and file systems hold. */
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

/* Release orders each holder's last use before the count, acquire the freeing after all of them. */
void file_put(struct file *f)
{
	if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (f->ops->close)
		f->ops->close(f);
	kfree(f);
}
