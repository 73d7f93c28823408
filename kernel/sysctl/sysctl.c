/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk over all sources, and what they make their nodes with (kernel/sysctl.h). */
#include "kernel/sysctl.h"
#include "kernel/printf.h"
#include <stdarg.h>

#define NAME_MAX_LEN 96

extern sysctl_source *const __start_sysctls[], *const __stop_sysctls[];

void sysctl_walk(struct sysctl_walk *w)
{
	for (sysctl_source *const *s = __start_sysctls; s < __stop_sysctls; s++)
		(*s)(w);
}

static void hand_out(struct sysctl_walk *w, struct sysctl_node node, const char *fmt, va_list args)
{
	char name[NAME_MAX_LEN];

	kvsnprintf(name, sizeof name, fmt, args);
	node.name = name;
	w->node(w, &node);
}

#define HAND_OUT(...) do {						\
		va_list args;						\
		va_start(args, name);					\
		hand_out(w, (struct sysctl_node){ .help = help, __VA_ARGS__ }, name, args); \
		va_end(args);						\
	} while (0)

void sysctl_counter(struct sysctl_walk *w, uint64_t value, const char *help, const char *name, ...)
{
	HAND_OUT(.kind = SYSCTL_COUNTER, .bytes = 8, .number = value);
}

void sysctl_gauge(struct sysctl_walk *w, uint64_t value, const char *help, const char *name, ...)
{
	HAND_OUT(.kind = SYSCTL_GAUGE, .bytes = 8, .number = value);
}

void sysctl_int(struct sysctl_walk *w, uint32_t value, const char *help, const char *name, ...)
{
	HAND_OUT(.kind = SYSCTL_GAUGE, .bytes = 4, .number = value);
}

void sysctl_text(struct sysctl_walk *w, const char *value, const char *help, const char *name, ...)
{
	HAND_OUT(.kind = SYSCTL_STRING, .text = value ? value : "");
}
