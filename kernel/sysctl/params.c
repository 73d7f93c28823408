/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parameters of the command line. Those with a name of FreeBSD's keep it; words that are Linux's
 * or our own, without a dot, are found below kern.param.
 */
#include "kernel/param.h"
#include "kernel/sysctl.h"
#include <string.h>

extern const struct param *const __start_params[], *const __stop_params[];

static void number(struct sysctl_walk *w, const struct param *p, const char *prefix)
{
	struct sysctl_node node = {
		.help = p->live ? "parameter" : "parameter, of the boot",
		.kind = SYSCTL_TUNABLE, .bytes = 4, .number = *(const uint32_t *)p->target,
		.param = p->live ? p : NULL,
	};
	char name[64];

	strlcpy(name, prefix, sizeof name);
	strlcat(name, p->name, sizeof name);
	node.name = name;
	w->node(w, &node);
}

static void params(struct sysctl_walk *w)
{
	for (const struct param *const *p = __start_params; p < __stop_params; p++) {
		const char *prefix = strchr((*p)->name, '.') ? "" : "kern.param.";

		if ((*p)->set == param_set_uint)
			number(w, *p, prefix);
		else if ((*p)->set == param_set_string)
			sysctl_text(w, *(const char *const *)(*p)->target, "parameter, of the boot", "%s%s",
				    prefix, (*p)->name);
	}
}
SYSCTL_SOURCE(params);
