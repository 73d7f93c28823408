/* SPDX-License-Identifier: BSD-2-Clause */
/* A command line in its words: see words.h. */
#include "debug/monitor/words.h"
#include <string.h>

#define WORDS_MAX (sizeof(((struct monitor_args *)0)->word) / sizeof(char *) - 1)

/* NUL-terminates the word at *text and moves on behind it. NULL: no more words. */
static char *next_word(char **text)
{
	char *start = *text + strspn(*text, " \t"), *end = start + strcspn(start, " \t");

	if (!*start)
		return NULL;
	*text = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

bool words_split(char *text, const char **name, struct monitor_args *args)
{
	static char format[16];
	char *word = next_word(&text), *slash = word ? strchr(word, '/') : NULL;

	memset(args, 0, sizeof *args);
	*name = word ? word : "";
	if (slash && slash != word) {
		if (strlen(slash) >= sizeof format)
			return false;
		args->word[args->n++] = strcpy(format, slash);
		*slash = '\0';
	}
	while ((word = next_word(&text))) {
		if (args->n == WORDS_MAX)
			return false;
		args->word[args->n++] = word;
	}
	return true;
}

const struct monitor_command *words_find(const struct monitor_command *const *begin,
					 const struct monitor_command *const *end,
					 const char *name, bool *several)
{
	const struct monitor_command *found = NULL;
	size_t len = strlen(name);

	*several = false;
	for (const struct monitor_command *const *c = begin; c < end; c++) {
		if (strcmp((*c)->name, name) == 0) {
			*several = false;
			return *c;
		}
		if (len == 0 || strncmp((*c)->name, name, len) != 0)
			continue;
		*several = found;
		found = *c;
	}
	return *several ? NULL : found;
}
