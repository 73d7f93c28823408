/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel parameters: the command line's NAME=VALUE words before "--". Linux's names where Linux has
 * one (root=, ip=, loglevel=, console=), FreeBSD's for driver tunables (hw.vtnet.*). Quotes work as
 * in a shell. What follows "--" is the app's argv; env.NAME=VALUE is its environment. A word that
 * no PARAM() claims gets one log line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct param {
	const char *name; /* "loglevel", "hw.vtnet.csum_disable", or a prefix that ends in a dot */
	/* 0 or -EINVAL; suffix: what follows a prefix */
	int (*set)(const struct param *, const char *value, const char *suffix);
	void *target;
	uint64_t min : 31, max : 32; /* for numbers */
	uint64_t live : 1;           /* may be set at any time, see kernel/sysctl.h */
};

#define PARAM_ENTRY(p) \
	static const struct param *const p##_entry __attribute__((section("params"), used)) = &(p)

/*
 * PARAM_UINT("hw.vtnet.csum_disable", variable, 0, 1): variable is uint32_t. PARAM_LIVE_UINT: and
 * may be changed while the system runs. PARAM_STRING: const char *variable, points into the kept
 * command line.
 */
#define PARAM_UINT(text, variable, lo, hi) PARAM_UINT_(text, variable, lo, hi, 0)
#define PARAM_LIVE_UINT(text, variable, lo, hi) PARAM_UINT_(text, variable, lo, hi, 1)
#define PARAM_UINT_(text, variable, lo, hi, live) \
	static const struct param param_##variable = \
		{ text, param_set_uint, &(variable), lo, hi, live }; \
	PARAM_ENTRY(param_##variable)
#define PARAM_STRING(text, variable) \
	static const struct param param_##variable = \
		{ text, param_set_string, &(variable), 0, 0, 0 }; \
	PARAM_ENTRY(param_##variable)
/*
 * A parameter that may be given many times, or a prefix: function is int f(const struct param *,
 * const char *value, const char *suffix).
 */
#define PARAM_CALL(text, function) \
	static const struct param param_##function = { text, function, 0, 0, 0, 0 }; \
	PARAM_ENTRY(param_##function)

int param_set_uint(const struct param *, const char *value, const char *suffix);
int param_set_string(const struct param *, const char *value, const char *suffix);

/*
 * Splits the command line (copied to the heap) and calls every parameter's set. Bad values: one log
 * line each, the default stays.
 */
void param_init(const char *cmdline);

/*
 * What param_init() collected for the app: argv (argv[0] is "app", or what argv0= says) and
 * "NAME=VALUE" strings; NULL-terminated, on the heap.
 */
char **param_app_argv(int *argc);
char **param_app_env(void);
