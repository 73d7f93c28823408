/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line. Words are parted by blanks; quotes work as in a shell: '...' takes everything
 * literally, "..." everything but \" and \\, and both may stand within a word, so that what
 * shlex.quote() or printf %q makes comes through. The words live in one copy, which is kept for
 * good: values, argv and environment point into it.
 */
#include "kernel/param.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include <errno.h>
#include <string.h>

extern const struct param *const __start_params[], *const __stop_params[];

static const char *argv0 = "app";
PARAM_STRING("argv0", argv0);

static char *no_env[] = { NULL };
static char *no_argv[] = { NULL, NULL };
static char **env = no_env, **argv = no_argv;
static int nenv, argc;

int param_set_string(const struct param *p, const char *value, const char *suffix)
{
	(void)suffix;
	*(const char **)p->target = value;
	return 0;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

int param_set_uint(const struct param *p, const char *value, const char *suffix)
{
	int base = value[0] == '0' && (value[1] | 0x20) == 'x' ? 16 : 10;
	uint64_t v = 0;

	(void)suffix;
	if (base == 16)
		value += 2;
	if (!*value)
		return -EINVAL;
	for (; *value; value++) {
		int d = digit_value(*value);

		if (d >= base)
			return -EINVAL;
		v = v * (unsigned)base + (unsigned)d;
		if (v > p->max || v > UINT32_MAX)
			return -EINVAL;
	}
	if (v < p->min)
		return -EINVAL;
	*(uint32_t *)p->target = (uint32_t)v;
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Cuts the next word out at *cursor, in place, without its quotes. NULL: no more. */
static char *next_word(char **cursor)
{
	char *in = *cursor, *word, *out, quote = 0;

	while (is_blank(*in))
		in++;
	if (!*in)
		return NULL;
	for (word = out = in; *in && (quote || !is_blank(*in)); in++) {
		if (*in == quote) {
			quote = 0;
		} else if (!quote && (*in == '"' || *in == '\'')) {
			quote = *in;
		} else {
			if (quote == '"' && *in == '\\' && (in[1] == '"' || in[1] == '\\'))
				in++;
			*out++ = *in;
		}
	}
	*cursor = *in ? in + 1 : in; /* before the NUL is written: it may fall on *in */
	*out = '\0';
	return word;
}

/* At most this many words: quotes can only join what blanks part. */
static size_t count_words(const char *text)
{
	size_t n = 0;

	for (char before = ' '; *text; before = *text++)
		n += is_blank(before) && !is_blank(*text);
	return n;
}

static bool names(const struct param *p, const char *word, size_t len)
{
	size_t n;

	if (p->name[0] != word[0])
		return false;
	n = strlen(p->name);
	if (p->name[n - 1] == '.')
		return len > n && strncmp(p->name, word, n) == 0;
	return len == n && strncmp(p->name, word, n) == 0;
}

/* The parameter with this name; the longest wins, so that a whole name goes before a prefix. */
static const struct param *find(const char *word, size_t len)
{
	const struct param *best = NULL;

	for (const struct param *const *p = __start_params; p < __stop_params; p++)
		if (names(*p, word, len) && (!best || strlen((*p)->name) > strlen(best->name)))
			best = *p;
	return best;
}

static void apply(char *word)
{
	char *equals = strchr(word, '=');
	const struct param *p = find(word, equals ? (size_t)(equals - word) : strlen(word));
	const char *value = "";

	if (!p) {
		log_warn("param: %s: no such parameter, ignored", word);
		return;
	}
	if (equals) {
		*equals = '\0';
		value = equals + 1;
	}
	if (p->set(p, value, word + strlen(p->name)) < 0)
		log_warn("param: %s=%s: not a value it can take, the default stays", word, value);
}

/* Adds NAME=VALUE; a later one for the same name replaces the earlier. */
static void add_env(char *assignment)
{
	char *equals = strchr(assignment, '=');
	size_t len;

	if (!equals || equals == assignment) {
		log_warn("param: env.%s: not NAME=VALUE, ignored", assignment);
		return;
	}
	len = (size_t)(equals + 1 - assignment);
	for (int i = 0; i < nenv; i++)
		if (strncmp(env[i], assignment, len) == 0) {
			env[i] = assignment;
			return;
		}
	env[nenv++] = assignment;
}

static void split(char *text)
{
	char *word;

	while ((word = next_word(&text)) && strcmp(word, "--") != 0) {
		if (strncmp(word, "env.", 4) == 0)
			add_env(word + 4);
		else
			apply(word);
	}
	while (word && (word = next_word(&text)))
		argv[argc++] = word;
}

void param_init(const char *cmdline)
{
	size_t len = strlen(cmdline), nwords = count_words(cmdline);
	char *text = kmalloc(len + 1);
	char **words = kzalloc((2 * nwords + 3) * sizeof(*words));

	if (!text || !words) {
		log_err("param: no memory for the command line, all of it is ignored");
		kfree(text);
		kfree(words);
		no_argv[0] = (char *)argv0;
		argc = 1;
		return;
	}
	argv = words;              /* its name, nwords arguments, NULL */
	env = words + nwords + 2;  /* nwords, NULL */
	nenv = 0;
	argc = 1;
	split(memcpy(text, cmdline, len + 1));
	argv[0] = (char *)argv0;
}

char **param_app_argv(int *count)
{
	*count = argc;
	return argv;
}

char **param_app_env(void)
{
	return env;
}
