/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: looking at it, changing it, searching it. And plain values. */
#include "debug/monitor/monitor.h"
#include "kernel/page.h"
#include "kernel/vm.h"
#include <string.h>

#define ROW 16u

/* "/4gx": how many, how wide, and shown how. What it leaves out stays as it was last time. */
struct format {
	unsigned count, size;
	char letter;      /* x d u c s a */
};

static struct format format = { 8, 8, 'x' };
static uint64_t next_address;

static bool parse_letter(struct format *f, char c)
{
	switch (c) {
	case 'b': f->size = 1; return true;
	case 'h': f->size = 2; return true;
	case 'w': f->size = 4; return true;
	case 'g': f->size = 8; return true;
	case 'c': f->size = 1; f->letter = c; return true;
	case 'a': f->size = 8; f->letter = c; return true;
	case 'x': case 'd': case 'u': case 's': f->letter = c; return true;
	default: return false;
	}
}

static bool parse_format(const char *text, struct format *f)
{
	unsigned count = 0;
	const char *at = text + 1;

	for (; *at >= '0' && *at <= '9' && count < 100000; at++)
		count = count * 10 + (unsigned)(*at - '0');
	f->count = count ? count : 1;
	for (; *at; at++) {
		if (parse_letter(f, *at))
			continue;
		monitor_print("%s: a format is a count, one of bhwg (1, 2, 4, 8 bytes) and one of xduacs\n", text);
		return false;
	}
	return true;
}

/* Takes a format off the front of the arguments, if there is one. */
static bool take_format(const struct monitor_args *args, struct format *f, const char *const **words)
{
	*words = args->word;
	if (!args->n || args->word[0][0] != '/')
		return true;
	(*words)++;
	return parse_format(args->word[0], f);
}

/* --- x --- */

static void print_value(const struct format *f, uint64_t v)
{
	int64_t s = (int64_t)(v << (64 - 8 * f->size)) >> (64 - 8 * f->size);

	if (f->letter == 'd')
		monitor_print(" %*ld", (int)f->size * 2 + 2, s);
	else if (f->letter == 'u')
		monitor_print(" %*lu", (int)f->size * 2 + 2, v);
	else if (f->letter == 'c')
		monitor_print(v >= ' ' && v < 0x7f ? " '%c'" : " \\x%02x", (int)v);
	else if (f->letter == 'a')
		monitor_print(" 0x%016lx%s", v, monitor_symbol(v));
	else
		monitor_print(" %0*lx", (int)f->size * 2, v);
}

static unsigned per_row(const struct format *f)
{
	return f->letter == 'a' ? 1 : ROW / f->size;
}

static uint64_t print_values(const struct format *f, uint64_t at)
{
	for (unsigned i = 0; i < f->count; i++, at += f->size) {
		uint64_t v = 0;

		if (i % per_row(f) == 0)
			monitor_print("%s0x%016lx%s:", i ? "\n" : "", at, monitor_symbol(at));
		if (target_read(at, &v, f->size) != f->size) {
			monitor_print(" not mapped");
			break;
		}
		print_value(f, v);
	}
	monitor_print("\n");
	return at;
}

static uint64_t print_strings(const struct format *f, uint64_t at)
{
	for (unsigned i = 0; i < f->count; i++) {
		bool there;
		char c;

		monitor_print("0x%016lx%s: \"", at, monitor_symbol(at));
		while ((there = target_read(at++, &c, 1) == 1) && c)
			monitor_print(c >= ' ' && c < 0x7f ? "%c" : "\\x%02x", c & 0xff);
		monitor_print("\"%s\n", there ? "" : " not mapped");
		if (!there)
			break;
	}
	return at;
}

static void examine(const struct monitor_args *args)
{
	const char *const *words;
	struct format f = format;
	uint64_t at = next_address;

	if (!take_format(args, &f, &words) || (*words && !monitor_value(*words, &at)))
		return;
	format = f;
	next_address = f.letter == 's' ? print_strings(&f, at) : print_values(&f, at);
}

static const struct monitor_command examine_command = {
	"x", "[/FORMAT] [ADDRESS]", "examines memory: count, size bhwg (1 2 4 8), as xducas; alone: goes on",
	"x/4gx $rsp   x/2s 0x140000   x/10ga $rsp", examine,
};
MONITOR_COMMAND(examine_command);

static const struct monitor_command examine_long = {
	"examine", "[/FORMAT] [ADDRESS]", "the same as x", "examine/8wx main", examine,
};
MONITOR_COMMAND(examine_long);

static void print(const struct monitor_args *args)
{
	uint64_t v;

	if (monitor_value(args->word[0], &v))
		monitor_print("0x%lx = %ld%s\n", v, v, monitor_symbol(v));
}

static const struct monitor_command print_command = {
	"print", "VALUE", "a value in hexadecimal, in decimal, and as a place in the program", "print *$rsp", print,
};
MONITOR_COMMAND(print_command);

/* --- write, search --- */

static void write_value(const struct monitor_args *args)
{
	const char *const *words;
	struct format f = { 1, 8, 'x' };
	uint64_t at, v;

	if (!take_format(args, &f, &words) || !monitor_value(words[0], &at) || !monitor_value(words[1], &v))
		return;
	if (target_write(at, &v, f.size) != f.size)
		monitor_print("0x%lx: nothing is mapped there\n", at);
	else
		print_values(&f, at);
}

static const struct monitor_command write_command = {
	"write", "[/SIZE] ADDRESS VALUE", "changes memory, text too; the size is one of bhwg, 8 bytes if none",
	"write/w 0x140000 5", write_value,
};
MONITOR_COMMAND(write_command);

static void search(const struct monitor_args *args)
{
	const char *const *words;
	struct format f = { 1, 8, 'x' };
	uint64_t at, len, wanted, v, found = 0;

	if (!take_format(args, &f, &words) || !monitor_value(words[0], &at) || !monitor_value(words[1], &len) ||
	    !monitor_value(words[2], &wanted))
		return;
	for (uint64_t end = at + len; at + f.size <= end && at + f.size > at; at += f.size) {
		v = 0;
		if (target_read(at, &v, f.size) != f.size) {
			at = page_align_up(at + 1) - f.size; /* the next page */
			continue;
		}
		if (v != wanted)
			continue;
		found++;
		monitor_print("0x%016lx%s\n", at, monitor_symbol(at));
	}
	monitor_print("%lu found\n", found);
}

static const struct monitor_command search_command = {
	"search", "[/SIZE] ADDRESS LENGTH VALUE", "where in memory a value is; what is not mapped is passed over",
	"search/w $rsp 4096 0x1234", search,
};
MONITOR_COMMAND(search_command);
