/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: quoting, parameters, the app's arguments and environment; and many odd strings
 * that must do no harm.
 *
 * Links: kernel/param.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/param.h"
#include <errno.h>

static uint32_t limit = 5;
PARAM_UINT("hw.test.limit", limit, 1, 4096);
static const char *root;
PARAM_STRING("root", root);

/*
 * param_init() keeps its memory for good, as a kernel boots once; here it runs thousands of times.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static char calls[256];

static int many(const struct param *p, const char *value, const char *suffix)
{
	(void)p;
	snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), "[%s|%s]", suffix, value);
	return strcmp(value, "bad") == 0 ? -EINVAL : 0;
}
PARAM_CALL("many.", many);

static int argc;
static char **argv, **env;

static void init(const char *cmdline)
{
	calls[0] = '\0';
	limit = 5;
	root = NULL;
	shim_log_clear();
	param_init(cmdline);
	argv = param_app_argv(&argc);
	env = param_app_env();
}


static const char *const bad_numbers[] = {
	"0", "4097", "-1", "", "x", "1x", "0x", "99999999999999999999", " 3", NULL
};

TEST(param_numbers)
{
	init("hw.test.limit=12");
	CHECK_EQ(limit, 12);
	init("hw.test.limit=0x10");
	CHECK_EQ(limit, 16);
	init("hw.test.limit=7 hw.test.limit=9");
	CHECK_EQ(limit, 9);
	for (const char *const *bad = bad_numbers; *bad; bad++) {
		char line[64];

		snprintf(line, sizeof(line), "hw.test.limit='%s'", *bad);
		init(line);
		CHECK_EQ(limit, 5);
		CHECK(shim_log_has("not a value"));
	}
	init("hw.test.limit");
	CHECK_EQ(limit, 5);
	CHECK(shim_log_has("not a value"));
}

TEST(param_strings_and_quotes)
{
	init("root=/dev/vda");
	CHECK_STR(root, "/dev/vda");
	init("root=\"two words\"");
	CHECK_STR(root, "two words");
	init("\"root=two words\"");
	CHECK_STR(root, "two words");
	init("root='a\"b'");
	CHECK_STR(root, "a\"b");
	init("root=\"a\\\"b\\\\c\\d\"");
	CHECK_STR(root, "a\"b\\c\\d");
	init("root='it'\"'\"'s'");
	CHECK_STR(root, "it's");
	init("root=a=b");
	CHECK_STR(root, "a=b");
	init("root=\"never closed");
	CHECK_STR(root, "never closed");
	init("root=first root=second");
	CHECK_STR(root, "second");
	init("root=");
	CHECK_STR(root, "");
}

TEST(param_prefix)
{
	init("many.a=1 many.a=2 many.b.c=3 many.d many.=5");
	CHECK_STR(calls, "[a|1][a|2][b.c|3][d|]");
	CHECK(shim_log_has("many.=5: no such parameter"));
	init("many.x=bad");
	CHECK(shim_log_has("many.x=bad: not a value"));
}

TEST(param_unknown_words_are_told)
{
	init("nonsense quiet roots=1 roo=2 hw.test.limi=3");
	CHECK(shim_log_has("param: nonsense: no such"));
	CHECK(shim_log_has("param: quiet: no such"));
	CHECK(shim_log_has("param: roots=1: no such"));
	CHECK(shim_log_has("param: roo=2: no such"));
	CHECK(shim_log_has("param: hw.test.limi=3: no such"));
	CHECK(root == NULL);
}

TEST(param_app_arguments)
{
	init("root=/x -- one 'two three' \"\" -- root=y");
	CHECK_EQ(argc, 6);
	CHECK_STR(argv[0], "app");
	CHECK_STR(argv[1], "one");
	CHECK_STR(argv[2], "two three");
	CHECK_STR(argv[3], "");
	CHECK_STR(argv[4], "--");
	CHECK_STR(argv[5], "root=y");
	CHECK(argv[6] == NULL);
	CHECK_STR(root, "/x");
	init("argv0=httpd --");
	CHECK_EQ(argc, 1);
	CHECK_STR(argv[0], "httpd");
	CHECK(argv[1] == NULL);
	init("argv0=app");
	CHECK_EQ(argc, 1);
	CHECK(argv[1] == NULL);
}

TEST(param_environment)
{
	init("env.HOME=/ env.A=1 env.AB=2 env.A='x y' env.E= -- env.NOT=1");
	CHECK_STR(env[0], "HOME=/");
	CHECK_STR(env[1], "A=x y");
	CHECK_STR(env[2], "AB=2");
	CHECK_STR(env[3], "E=");
	CHECK(env[4] == NULL);
	init("env.X env.=1");
	CHECK(env[0] == NULL);
	CHECK(shim_log_has("env.X: not NAME=VALUE"));
	CHECK(shim_log_has("env.=1: not NAME=VALUE"));
}

TEST(param_without_memory)
{
	for (unsigned i = 1; i <= 2; i++) {
		shim_fail_alloc = i;
		init("root=/x -- a b");
		CHECK_EQ(argc, 1);
		CHECK_STR(argv[0], "app");
		CHECK(env[0] == NULL);
		CHECK(root == NULL);
		CHECK(shim_log_has("no memory"));
	}
}

/* The words after --, as a second reading of the rules finds them: the two must agree. */
static int expect_words(const char *in, char words[][600])
{
	int n = 0;
	char quote = 0;
	bool in_word = false;
	size_t len = 0;

	for (;; in++) {
		bool blank = strchr(" \t\n\r", *in) != NULL; /* also the NUL */

		if (!*in || (blank && !quote)) {
			if (in_word)
				words[n++][len] = '\0';
			in_word = false;
			len = 0;
			if (!*in)
				return n;
			continue;
		}
		in_word = true;
		if (quote ? *in == quote : *in == '"' || *in == '\'')
			quote = quote ? 0 : *in;
		else if (quote == '"' && *in == '\\' && in[1] && strchr("\"\\", in[1]))
			words[n][len++] = *++in;
		else
			words[n][len++] = *in;
	}
}

TEST(param_odd_strings)
{
	static const char letters[] = "a =.\"'\\-\t\nr%v";
	static char words[600][600];

	srand(4);
	for (int i = 0; i < 30000 && !test_failures; i++) {
		char line[520] = "-- ";
		int len = 3 + rand() % (i % 100 ? 40 : 500), n;

		for (int k = 3; k < len; k++)
			line[k] = letters[(size_t)rand() % (sizeof(letters) - 1)];
		line[len] = '\0';
		n = expect_words(line + 3, words);
		init(line);
		CHECK_EQ(argc, n + 1);
		for (int k = 0; k < n && k + 1 < argc; k++)
			CHECK_STR(argv[k + 1], words[k]);
		init(line + 3); /* the same as parameters */
		CHECK(argv[argc] == NULL);
	}
}

TEST_MAIN
