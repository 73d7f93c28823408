/* SPDX-License-Identifier: BSD-2-Clause */
/* The block cache (fs/cache.h). */
#include "fs/cache.h"
#include "kernel/sysctl.h"

static void cache(struct sysctl_walk *w)
{
	sysctl_gauge(w, (uint64_t)cache_pages() * CACHE_PAGE_SIZE, "bytes in the block cache",
		     "vfs.bufspace");
}
SYSCTL_SOURCE(cache);
