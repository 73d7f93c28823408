/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever the command line holds, splitting it stays inside its copy, and what comes out are
 * strings.
 *
 * Links: kernel/param.c
 */
#include "kernel/heap.h"
#include "kernel/param.h"
#include <stdlib.h>
#include <string.h>

static uint32_t number;
PARAM_UINT("n", number, 2, 1000);
static const char *text;
PARAM_STRING("text", text);

static size_t seen;

static int any(const struct param *p, const char *value, const char *suffix)
{
	(void)p;
	seen += strlen(value) + strlen(suffix);
	return 0;
}
PARAM_CALL("p.", any);

/* param_init() keeps its memory for good; here each run gives it back. */
static void *kept[4];
static unsigned nkept;

void *kmalloc(size_t size)
{
	return kept[nkept++] = malloc(size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char first[] = "argv0=fuzz "; /* the last run's is gone */
	char *line = malloc(sizeof(first) + len);
	int argc, n = 0;
	char **argv;

	memcpy(line, first, sizeof(first) - 1);
	memcpy(line + sizeof(first) - 1, data, len);
	line[sizeof(first) - 1 + len] = '\0';
	text = "";
	param_init(line);
	free(line);
	argv = param_app_argv(&argc);
	while (argv[n])
		seen += strlen(argv[n++]);
	for (char **e = param_app_env(); *e; e++)
		if (!strchr(*e, '='))
			abort();
	seen += strlen(text);
	if (n != argc || (number && (number < 2 || number > 1000)))
		abort();
	while (nkept)
		free(kept[--nkept]);
	return 0;
}
