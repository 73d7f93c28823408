/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's `show sysctl`: the tree of kernel/sysctl.h, or the part below a prefix. */
#include "debug/monitor.h"
#include "kernel/sysctl.h"
#include <string.h>

static void print_node(struct sysctl_walk *w, const struct sysctl_node *n)
{
	const char *prefix = w->arg;

	if (strncmp(n->name, prefix, strlen(prefix)) != 0)
		return;
	if (n->bytes)
		monitor_print("%s: %llu\n", n->name, (unsigned long long)n->number);
	else
		monitor_print("%s: %s\n", n->name, n->text);
}

static void run(const struct monitor_args *args)
{
	const char *prefix = args->n ? args->word[0] : "";
	struct sysctl_walk w = { .node = print_node, .arg = (void *)prefix, .frozen = true };

	sysctl_walk(&w);
}

static const struct monitor_command show_sysctl = {
	.name = "sysctl",
	.usage = "[PREFIX]",
	.help = "tunables and counters, by FreeBSD's names",
	.example = "show sysctl dev.vtnet.0",
	.run = run,
};
MONITOR_SHOW(show_sysctl);
