/* SPDX-License-Identifier: BSD-2-Clause */
/* Break- and watchpoints. */
#include "debug/monitor/monitor.h"
#include <errno.h>
#include <string.h>

static const char *const kinds[] = {
	[TARGET_SOFT_BREAK] = "breakpoint in memory", [TARGET_HARD_BREAK] = "hardware breakpoint",
	[TARGET_WATCH_WRITE] = "watchpoint for writes", [TARGET_WATCH_ACCESS] = "watchpoint for accesses",
};

static void print_point(unsigned number, const struct target_point_info *p)
{
	monitor_print("%2u %s at 0x%lx%s, %u bytes\n", number, kinds[p->kind], p->address,
		      monitor_symbol(p->address), p->len);
}

static void list(const struct monitor_args *args)
{
	struct target_point_info p;
	unsigned n = 0;

	(void)args;
	for (; target_point_at(n, &p); n++)
		print_point(n, &p);
	if (!n)
		monitor_print("none\n");
}

static const struct monitor_command points_show = {
	"points", NULL, "break- and watchpoints, by their numbers", NULL, list,
};
MONITOR_SHOW(points_show);

static void complain(int error, uint64_t address)
{
	if (error == -ENOSPC)
		monitor_print("the processor has four of them, and all are taken; delete one\n");
	else if (error == -EINVAL)
		monitor_print("a watchpoint is 1, 2, 4 or 8 bytes long, at a multiple of that\n");
	else if (error == -EFAULT)
		monitor_print("0x%lx: nothing is mapped there\n", address);
}

static void tell(int error, enum target_point kind, uint64_t address, unsigned len)
{
	if (error)
		complain(error, address);
	else
		monitor_print("%s at 0x%lx%s, %u bytes\n", kinds[kind], address, monitor_symbol(address), len);
}

/* One in memory is as good where the processor has no more. */
static void set_break(const struct monitor_args *args)
{
	enum target_point kind = TARGET_HARD_BREAK;
	uint64_t address;
	int error;

	if (!args->n) {
		list(args);
		return;
	}
	if (!monitor_value(args->word[0], &address))
		return;
	error = target_point_set(kind, address, 1);
	if (error == -ENOSPC) {
		kind = TARGET_SOFT_BREAK;
		error = target_point_set(kind, address, 1);
	}
	tell(error, kind, address, 1);
}

static const struct monitor_command break_command = {
	"break", "[ADDRESS]", "stops where that is about to be run; by the processor's four, then by more in memory",
	"break main+0x10", set_break,
};
MONITOR_COMMAND(break_command);

static void set_watch(const struct monitor_args *args)
{
	enum target_point kind = TARGET_WATCH_WRITE;
	uint64_t address, len = 8;

	if (!monitor_value(args->word[0], &address) || (args->n > 1 && !monitor_value(args->word[1], &len)))
		return;
	if (args->n > 2 && strcmp(args->word[2], "rw") == 0)
		kind = TARGET_WATCH_ACCESS;
	tell(target_point_set(kind, address, len > 8 ? 0 : (unsigned)len), kind, address, (unsigned)len);
}

static const struct monitor_command watch_command = {
	"watch", "ADDRESS [LENGTH [rw]]", "stops after memory was written, or with rw also read; 8 bytes if none are said",
	"watch 0x140000 4", set_watch,
};
MONITOR_COMMAND(watch_command);

static void clear(const struct target_point_info *p)
{
	target_point_clear(p->kind, p->address, p->len);
}

static void delete(const struct monitor_args *args)
{
	struct target_point_info p;
	uint64_t number;

	if (args->n && strcmp(args->word[0], "all") == 0) {
		while (target_point_at(0, &p))
			clear(&p);
		return;
	}
	if (!monitor_value(args->word[0], &number))
		return;
	if (number < UINT32_MAX && target_point_at((unsigned)number, &p))
		clear(&p);
	else
		monitor_print("there is no point %lu; `show points` lists them\n", number);
}

static const struct monitor_command delete_command = {
	"delete", "NUMBER | all", "takes away a break- or watchpoint", "delete 0", delete,
};
MONITOR_COMMAND(delete_command);
