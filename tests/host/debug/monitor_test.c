/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's line, words and expressions.
 *
 * Links: debug/monitor/line.c debug/monitor/words.c debug/monitor/expression.c
 */
#include "tests/host/test.h"
#include "debug/monitor/expression.h"
#include "debug/monitor/line.h"
#include "debug/monitor/words.h"

/* --- expressions --- */

static bool name(const char *text, uint64_t *value)
{
	*value = strcmp(text, "main") == 0 ? 0x1000 : strcmp(text, "$rsp") == 0 ? 0x2000 :
		 strcmp(text, "f.part.0") == 0 ? 0x3000 : 0;
	return *value;
}

static bool memory(uint64_t address, uint64_t *value)
{
	*value = address + 1;
	return address >= 0x1000;
}

static const struct expression_world world = { name, memory };

static uint64_t value(const char *text)
{
	uint64_t v;
	const char *error = expression_value(&world, text, &v);

	if (error)
		printf("%s: %s\n", text, error);
	return error ? 0xbad : v;
}

static bool wrong(const char *text)
{
	uint64_t v;

	return expression_value(&world, text, &v);
}

TEST(expressions_have_values)
{
	CHECK_EQ(value("0"), 0);
	CHECK_EQ(value("4096"), 4096);
	CHECK_EQ(value("0xfF"), 255);
	CHECK_EQ(value("main+0x10"), 0x1010);
	CHECK_EQ(value("$rsp-8"), 0x1ff8);
	CHECK_EQ(value("f.part.0"), 0x3000);
	CHECK_EQ(value("*main"), 0x1001);
	CHECK_EQ(value("**$rsp"), 0x2002);
	CHECK_EQ(value("*(main+8)-1"), 0x1008);
	CHECK_EQ(value("*main+8"), 0x1009);
	CHECK_EQ(value("-1"), UINT64_MAX);
	CHECK_EQ(value("10-2-3"), 5);
	CHECK_EQ(value("0xffffffffffffffff"), UINT64_MAX);
}

TEST(nonsense_is_refused)
{
	static const char *const texts[] = {
		"", "+", "main+", "0x", "12ab", "08h", "(main", "main)", "*8", "nothing", "$nothing", "main main", "1 2", "()",
		"((((((((((((((((((1))))))))))))))))))", "******************main", "1*2", "\xff",
	};

	for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (!wrong(texts[i]))
			test_fail(__FILE__, __LINE__, texts[i]);
}

TEST(a_name_of_any_length_is_refused)
{
	char text[300];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	CHECK(wrong(text));
}

/* --- words --- */

static struct monitor_args args;
static const char *command;

static bool split(const char *text)
{
	static char copy[200];

	return words_split(strcpy(copy, text), &command, &args);
}

TEST(lines_fall_into_words)
{
	CHECK(split("  bt   3 "));
	CHECK_STR(command, "bt");
	CHECK_EQ(args.n, 1);
	CHECK_STR(args.word[0], "3");
	CHECK(!args.word[1]);
	CHECK(split("x/4gx $rsp"));
	CHECK_STR(command, "x");
	CHECK_EQ(args.n, 2);
	CHECK_STR(args.word[0], "/4gx");
	CHECK_STR(args.word[1], "$rsp");
	CHECK(split(""));
	CHECK_STR(command, "");
	CHECK(split("/x"));
	CHECK_STR(command, "/x");
	CHECK(split("a 1 2 3 4 5 6 7"));
	CHECK(!split("a 1 2 3 4 5 6 7 8"));
	CHECK(!split("x/aaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static const struct monitor_command bt = { .name = "bt" }, brk = { .name = "break" }, x = { .name = "x" },
	examine = { .name = "examine" };
static const struct monitor_command *const set[] = { &bt, &brk, &x, &examine };

static const struct monitor_command *found(const char *text, bool *several)
{
	return words_find(set, set + 4, text, several);
}

TEST(names_may_be_cut_short)
{
	bool several;

	CHECK(found("bt", &several) == &bt);
	CHECK(found("br", &several) == &brk);
	CHECK(found("e", &several) == &examine);
	CHECK(!found("b", &several) && several);
	CHECK(!found("c", &several) && !several);
	CHECK(!found("", &several));
	CHECK(!found("breaks", &several));
}

/* --- the line --- */

static char screen[4096];
static const char *ways[3];

void line_echo(const char *text, size_t len)
{
	if (strlen(screen) + len < sizeof screen)
		strncat(screen, text, len);
}

unsigned line_complete(const char *text, unsigned len, char *more, size_t size)
{
	unsigned n = 0;

	(void)text, (void)len;
	*more = '\0';
	for (; n < 3 && ways[n]; n++)
		if (n == 0)
			strncpy(more, ways[0], size - 1);
		else
			*more = '\0';
	return n;
}

void line_show_ways(const char *text, unsigned len)
{
	(void)text, (void)len;
	strcat(screen, "[ways]");
}

static struct line l;

/* The line after these keys, the last of which ends it. */
static const char *typed(const char *keys)
{
	enum line_event event = LINE_GOES_ON;

	screen[0] = '\0';
	line_begin(&l, "> ");
	for (; *keys; keys++)
		event = line_key(&l, *keys);
	return event == LINE_READY ? l.text : event == LINE_CANCELLED ? "(cancelled)" : "(goes on)";
}

TEST(lines_are_edited)
{
	CHECK_STR(typed("abc\r"), "abc");
	CHECK_STR(typed("\nabd\177c\n"), "abc");
	CHECK_STR(typed("bc\001a\005d\r"), "abcd");
	CHECK_STR(typed("ac\033[Db\r"), "abc");
	CHECK_STR(typed("abxc\033[D\b\r"), "abc");
	CHECK_STR(typed("xabc\033[H\033[3~\r"), "abc");
	CHECK_STR(typed("a b  c\027d\r"), "a b  d");
	CHECK_STR(typed("abc\025de\r"), "de");
	CHECK_STR(typed("abc\001\013de\r"), "de");
	CHECK_STR(typed("abc\003"), "(cancelled)");
	CHECK_STR(typed("\033[Z\033Oq\177\004\002\006ok\r"), "ok");
}

TEST(lines_come_back)
{
	memset(&l, 0, sizeof l);
	for (unsigned i = 0; i < 12; i++) {
		char text[] = { (char)('a' + i), '\r', '\0' };

		typed(text);
	}
	CHECK_STR(typed("\033[A\r"), "l");
	CHECK_STR(typed("\020\020\r"), "k");
	CHECK_STR(typed("\020\020\016\016z\r"), "z");
	CHECK_STR(typed("\020\020\020\020\020\020\020\020\020\020\020\020\020\r"), "g"); /* eight are kept */
}

TEST(a_line_has_an_end)
{
	char keys[LINE_MAX_LENGTH + 50];

	memset(keys, 'a', sizeof keys - 2);
	strcpy(keys + sizeof keys - 2, "\r");
	CHECK_EQ(strlen(typed(keys)), LINE_MAX_LENGTH);
	CHECK(strchr(screen, '\a'));
}

TEST(tab_completes)
{
	memset(ways, 0, sizeof ways);
	CHECK_STR(typed("b\t\r"), "b");
	CHECK(strchr(screen, '\a'));
	ways[0] = "reak";
	CHECK_STR(typed("b\t\r"), "break ");
	ways[0] = "t";
	ways[1] = "reak";
	CHECK_STR(typed("b\t\r"), "b");
	CHECK(strstr(screen, "[ways]"));
}

TEST_MAIN
