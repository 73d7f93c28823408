/* SPDX-License-Identifier: BSD-2-Clause */
/* From a line to the command it names; what Tab makes of a line; help. */
#include "debug/monitor/expression.h"
#include "debug/monitor/line.h"
#include "debug/monitor/monitor.h"
#include "debug/monitor/words.h"
#include "debug/symbols.h"
#include "kernel/console.h"
#include <errno.h>
#include <setjmp.h>
#include <string.h>

typedef const struct monitor_command *const entry;
extern entry __start_monitor_commands[], __stop_monitor_commands[];
extern entry __start_monitor_shows[], __stop_monitor_shows[];

/* What everybody types, although it could mean two things. */
static const char *const short_names[][2] = {
	{ "b", "break" }, { "d", "delete" }, { "p", "print" }, { "s", "step" }, { "w", "watch" }, { "?", "help" },
};

static const char *whole_name(const char *name)
{
	for (unsigned i = 0; i < sizeof short_names / sizeof short_names[0]; i++)
		if (strcmp(short_names[i][0], name) == 0)
			return short_names[i][1];
	return name;
}

/* --- running --- */

static jmp_buf quit;

void print_quit(void)
{
	longjmp(quit, 1);
}

static const struct monitor_command *find(entry *begin, entry *end, const char *kind, const char *name)
{
	bool several;
	const struct monitor_command *c = words_find(begin, end, name, &several);

	if (!c)
		monitor_print(several ? "%s %s: which? Tab shows them\n" : "%s %s: there is no such thing; try `help`\n",
			      kind, name);
	return c;
}

static const struct monitor_command *find_command(const char *name)
{
	return find(__start_monitor_commands, __stop_monitor_commands, "command", whole_name(name));
}

struct call {
	const struct monitor_command *command;
	const struct monitor_args *args;
};

static void call(void *arg)
{
	const struct call *c = arg;

	c->command->run(c->args);
}

int run_line(char *text)
{
	const char *name;
	struct monitor_args args;
	struct call c = { .args = &args };

	if (!words_split(text, &name, &args)) {
		monitor_print("too many words\n");
		return 0;
	}
	if (!*name)
		return 0;
	c.command = find_command(name);
	if (!c.command)
		return -ENOENT;
	if (!target_try(call, &c))
		monitor_print("\nthis ran into an exception; what it follows is not what it should be\n");
	return 0;
}

int run_quietly(char *text, void (*emit)(const char *text, size_t len), bool pause)
{
	volatile int error = 0;

	print_begin(emit, pause);
	if (setjmp(quit) == 0)
		error = run_line(text);
	return error;
}

int monitor_run(const char *line, void (*emit)(const char *text, size_t len))
{
	static char text[LINE_MAX_LENGTH + 1];
	int error;

	strncpy(text, line, LINE_MAX_LENGTH);
	monitor.fixed = true;
	error = run_quietly(text, emit, false);
	monitor.fixed = false;
	return error;
}

/* --- show, help --- */

/* The linker keeps no order. */
static const struct monitor_command *next_by_name(entry *begin, entry *end, const char *after)
{
	const struct monitor_command *next = NULL;

	for (entry *c = begin; c < end; c++)
		if (strcmp((*c)->name, after) > 0 && (!next || strcmp((*c)->name, next->name) < 0))
			next = *c;
	return next;
}

static void show_all(entry *begin, entry *end)
{
	for (const struct monitor_command *c = next_by_name(begin, end, ""); c; c = next_by_name(begin, end, c->name))
		monitor_print("  %-10s %-24s %s\n", c->name, c->usage ? c->usage : "", c->help);
}

static void show(const struct monitor_args *args)
{
	const struct monitor_command *c;
	struct monitor_args rest = { .n = args->n - 1 };

	if (args->n == 0) {
		monitor_print("show what?\n");
		show_all(__start_monitor_shows, __stop_monitor_shows);
		return;
	}
	memcpy(rest.word, args->word + 1, rest.n * sizeof rest.word[0]);
	c = find(__start_monitor_shows, __stop_monitor_shows, "show", args->word[0]);
	if (c)
		c->run(&rest);
}

static const struct monitor_command show_command = {
	"show", "WHAT", "what a part of the system is doing; `show` lists them", "show virtqueue vda.0", show,
};
MONITOR_COMMAND(show_command);

static void explain(const char *prefix, const struct monitor_command *c)
{
	monitor_print("%s%s%s%s\n  %s\n", prefix, c->name, c->usage ? " " : "", c->usage ? c->usage : "", c->help);
	if (c->example)
		monitor_print("  example: %s\n", c->example);
}

static void help(const struct monitor_args *args)
{
	const struct monitor_command *c;
	bool several;

	if (args->n == 0) {
		show_all(__start_monitor_commands, __stop_monitor_commands);
		monitor_print("`help COMMAND` gives an example; `show` lists what can be shown. Names may be cut short.\n"
			      "Where a value is wanted: 4096, 0x1000, main, main+0x10, $rsp, *$rsp, (main)-8\n");
		return;
	}
	if (args->n > 1 && strcmp(args->word[0], "show") == 0) {
		c = find(__start_monitor_shows, __stop_monitor_shows, "show", args->word[1]);
		if (c)
			explain("show ", c);
		return;
	}
	c = words_find(__start_monitor_commands, __stop_monitor_commands, whole_name(args->word[0]), &several);
	if (c)
		explain("", c);
	else if ((c = find(__start_monitor_shows, __stop_monitor_shows, "help", args->word[0])))
		explain("show ", c);
}

static const struct monitor_command help_command = {
	"help", "[COMMAND]", "what there is, and how it is used", "help x", help,
};
MONITOR_COMMAND(help_command);

/* --- completion --- */

struct ways {
	const char *word;       /* its beginning */
	size_t len;
	unsigned n;
	char *more;             /* what they have in common behind it */
	size_t size;
	bool print;
};

static void way(struct ways *w, const char *name)
{
	size_t same = 0;

	if (strncmp(name, w->word, w->len) != 0)
		return;
	if (w->print) {
		monitor_print("  %s\n", name);
		return;
	}
	name += w->len;
	if (w->n++ == 0) {
		strncpy(w->more, name, w->size - 1);
		w->more[w->size - 1] = '\0';
		return;
	}
	while (name[same] && name[same] == w->more[same])
		same++;
	w->more[same] = '\0';
}

static void ways_of_set(struct ways *w, entry *begin, entry *end)
{
	for (const struct monitor_command *c = next_by_name(begin, end, ""); c; c = next_by_name(begin, end, c->name))
		way(w, c->name);
}

static void ways_of_symbols(struct ways *w)
{
	const char *name;
	uint64_t address;

	for (const char *at = w->word; *at; at++)
		if (strchr("+-*()", *at))
			w->word = at + 1;
	w->len = strlen(w->word);
	if (w->len == 0)
		return;
	for (unsigned i = 0; (name = symbol_at(i, &address)); i++)
		way(w, name);
}

/* Which words may follow these. The command may be cut short, as anywhere. */
static void ways_after(struct ways *w, const char *name, unsigned nwords, const char *second)
{
	bool several;
	const struct monitor_command *c =
		words_find(__start_monitor_commands, __stop_monitor_commands, whole_name(name), &several);
	bool of_help = c == &help_command;

	if (c == &show_command && nwords == 1)
		ways_of_set(w, __start_monitor_shows, __stop_monitor_shows);
	else if (of_help && nwords == 1)
		ways_of_set(w, __start_monitor_commands, __stop_monitor_commands);
	else if (of_help && nwords == 2 && strcmp(second, "show") == 0)
		ways_of_set(w, __start_monitor_shows, __stop_monitor_shows);
	else
		ways_of_symbols(w);
}

/* The last word of the first len characters, by what stands before it. */
static void find_ways(const char *text, unsigned len, struct ways *w)
{
	char line[LINE_MAX_LENGTH + 1], before[LINE_MAX_LENGTH + 1], *space;
	struct monitor_args args;
	const char *name;

	memcpy(line, text, len);
	line[len] = '\0';
	space = strrchr(line, ' ');
	w->word = space ? space + 1 : line;
	w->len = strlen(w->word);
	memcpy(before, line, (size_t)(w->word - line));
	before[w->word - line] = '\0';
	if (!words_split(before, &name, &args))
		return;
	if (*name)
		ways_after(w, name, args.n + 1, args.word[0]);
	else
		ways_of_set(w, __start_monitor_commands, __stop_monitor_commands);
}

unsigned line_complete(const char *text, unsigned len, char *more, size_t size)
{
	struct ways w = { .more = more, .size = size };

	more[0] = '\0';
	find_ways(text, len, &w);
	return w.n;
}

void line_show_ways(const char *text, unsigned len)
{
	struct ways w = { .print = true };

	print_begin(console_write, true);
	if (setjmp(quit) == 0)
		find_ways(text, len, &w);
}

void line_echo(const char *text, size_t len)
{
	console_write_raw(text, len);
}
