/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory in fragments: what is free are single pages, of which no two lie side by side. */
#pragma once

#include "kernel/page.h"
#include "kernel/thread.h"

struct page {
	struct page *next;
};

static inline void fragment_memory(void)
{
	struct page *all = NULL, *p;

	cpu_count(); /* waits until CPUs that are being started have what they need */
	while ((p = page_alloc(1))) {
		p->next = all;
		all = p;
	}
	while ((p = all)) {
		all = p->next;
		if ((uintptr_t)p / PAGE_SIZE % 2)
			page_free(p, 1);
	}
}
