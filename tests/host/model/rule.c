/* SPDX-License-Identifier: BSD-2-Clause */
/* See rule.h. */
#include "tests/host/model/rule.h"
#include "tests/host/model/machine.h"
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#define LINES_MAX 512

/* What is known so far, each line once. */
static char lines[LINES_MAX][32];
static unsigned nlines;

/* Where to write; NULL: nobody wants to know, as when a fuzzer runs. */
static const char *path(void)
{
	static const char *file;
	static bool asked;

	if (!asked)
		file = getenv("THIMBLE_RULES");
	asked = true;
	return file;
}

static void note(const char *fmt, ...)
{
	char line[sizeof lines[0]];
	va_list ap;

	if (!path())
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	for (unsigned i = 0; i < nlines; i++)
		if (strcmp(lines[i], line) == 0)
			return;
	if (nlines < LINES_MAX)
		memcpy(lines[nlines++], line, sizeof line);
	else
		test_fail(__FILE__, __LINE__, "more rules than there is room for");
}

bool model_rule(const char *id, bool kept, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (!model_refusals_expected)
		note("%s %s", kept ? "rule" : "broken", id);
	if (kept)
		return true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	model_refuse("%s: %s", id, text);
	return false;
}

void model_shows(const char *id)
{
	note("%s %s", test_failures ? "broken" : "rule", id);
}

void model_rule_features(unsigned type, uint64_t accepted)
{
	for (unsigned bit = 0; bit < 64 && !model_refusals_expected; bit++)
		if (accepted >> bit & 1)
			note("feature %u %u", type, bit);
}

/* Each machine is a process of its own, and many end at once: a line is appended whole. */
void model_rule_write(void)
{
	int fd = nlines ? open(path(), O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;

	if (nlines && fd < 0)
		test_fail(__FILE__, __LINE__, "THIMBLE_RULES cannot be written");
	for (unsigned i = 0; fd >= 0 && i < nlines; i++)
		if (dprintf(fd, "%s\n", lines[i]) < 0)
			test_fail(__FILE__, __LINE__, "THIMBLE_RULES cannot be written");
	nlines = 0;
	if (fd >= 0)
		close(fd);
}

__attribute__((destructor)) static void at_exit(void)
{
	model_rule_write();
}
