/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever is typed at the monitor, the line stays in its bounds, and what becomes of it is cut into words
 * and understood or refused.
 *
 * Links: debug/monitor/line.c debug/monitor/words.c debug/monitor/expression.c
 */
#include "debug/monitor/expression.h"
#include "debug/monitor/line.h"
#include "debug/monitor/words.h"
#include <stdlib.h>
#include <string.h>

static const char *const functions[] = { "main", "malloc", "memcpy" };

void line_echo(const char *text, size_t len)
{
	if (strnlen(text, len) != len)
		abort();
}

unsigned line_complete(const char *text, unsigned len, char *more, size_t size)
{
	if (len > LINE_MAX_LENGTH || size != LINE_MAX_LENGTH + 1)
		abort();
	strcpy(more, len && text[len - 1] == 'm' ? functions[len % 3] + 1 : "");
	return len % 3;
}

void line_show_ways(const char *text, unsigned len)
{
	if (strlen(text) < len)
		abort();
}

static bool name(const char *text, uint64_t *value)
{
	*value = strlen(text);
	return text[0] != '$';
}

static bool memory(uint64_t address, uint64_t *value)
{
	*value = ~address;
	return address % 3;
}

static void understand(const struct line *l)
{
	static const struct expression_world world = { name, memory };
	char text[LINE_MAX_LENGTH + 1];
	const char *command;
	struct monitor_args args;
	uint64_t value;

	if (!words_split(strcpy(text, l->text), &command, &args))
		return;
	for (unsigned i = 0; i < args.n; i++)
		expression_value(&world, args.word[i], &value);
	if (args.word[args.n])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct line l;

	memset(&l, 0, sizeof l);
	line_begin(&l, "db> ");
	for (size_t i = 0; i < len; i++) {
		enum line_event event = line_key(&l, (char)data[i]);

		if (l.len > LINE_MAX_LENGTH || l.at > l.len || l.text[l.len] != '\0')
			abort();
		if (event == LINE_READY)
			understand(&l);
		if (event != LINE_GOES_ON)
			line_begin(&l, "db> ");
	}
	return 0;
}
