/* SPDX-License-Identifier: BSD-2-Clause */
/* See work.h. */
#include "tests/host/model/work.h"
#include "kernel/work.h"

static struct list submitted = LIST_INIT(submitted);

int work_prepare(bool background)
{
	(void)background;
	return 0;
}

void work_submit(struct work *w)
{
	if (!w->queued)
		list_push_back(&submitted, &w->node);
	w->queued = true;
}

bool model_work_run(void)
{
	struct list *node = list_pop_front(&submitted);
	struct work *w = node ? container_of(node, struct work, node) : NULL;

	if (!w)
		return false;
	w->queued = false;
	w->run(w);
	return true;
}

void model_work_forget(void)
{
	list_init(&submitted);
}
