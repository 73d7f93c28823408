/* SPDX-License-Identifier: BSD-2-Clause */
/* Mounts and the block cache. */
#include "debug/monitor.h"
#include "debug/target/target.h"
#include "fs/cache.h"
#include "fs/mount.h"
#include "kernel/blkdev.h"

static void show_mounts(const struct monitor_args *args)
{
	const struct list *n = NULL;
	struct superblock sb;

	(void)args;
	while (monitor_list_next(mount_list(), &n)) {
		char path[64] = "/", device[sizeof ((struct blkdev *)0)->name] = "no device";

		if (!monitor_copy(&sb, container_of(n, struct superblock, node), sizeof sb))
			return;
		if (sb.path)
			path[target_read((uintptr_t)sb.path, path, sizeof path - 1)] = '\0';
		if (sb.dev)
			target_read((uintptr_t)sb.dev->name, device, sizeof device);
		monitor_print("%s on %s, type %s%s, %u inodes in use\n", device, path,
			      sb.type ? sb.type->name : "?", sb.read_only ? ", read-only" : "",
			      sb.users);
	}
}

static const struct monitor_command mounts_show = {
	"mounts", NULL, "what is mounted where", NULL, show_mounts,
};
MONITOR_SHOW(mounts_show);

static void show_cache(const struct monitor_args *args)
{
	const struct list *n = NULL, *idle;
	size_t pages, most, unused = 0;

	(void)args;
	cache_count(&pages, &most, &idle);
	while (monitor_list_next(idle, &n))
		unused++;
	monitor_print("%zu pages of 4 KiB, of %zu at most; ", pages, most);
	monitor_print("%zu of them are unused and go when memory is short\n", unused);
}

static const struct monitor_command cache_show = {
	"cache", NULL, "the block cache", NULL, show_cache,
};
MONITOR_SHOW(cache_show);
