/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log and the consoles together: levels, early lines, the ring's end, console= in all its
 * forms. Each test needs a fresh kernel, so each runs in a child process.
 *
 * Links: kernel/log.c kernel/console.c kernel/param.c kernel/printf.c kernel/port.c kernel/wait.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include <sys/wait.h>
#include <unistd.h>

#define IN_CHILD(body) ({								\
	int status_;									\
	fflush(stdout);									\
	pid_t pid_ = fork();								\
	if (pid_ == 0) {								\
		body;									\
		fflush(stdout);								\
		_exit(test_failures != 0);						\
	}										\
	waitpid(pid_, &status_, 0);							\
	CHECK_EQ(status_, 0);								\
})

void tty_input(struct console *c) { (void)c; }

struct screen {
	struct console console;
	char text[40000];
	size_t len;
	int started;
};

static void screen_write(struct console *c, const char *text, size_t len)
{
	struct screen *s = container_of(c, struct screen, console);

	memcpy(s->text + s->len, text, len);
	s->len += len;
	s->text[s->len] = '\0';
}

static void screen_start(struct console *c)
{
	container_of(c, struct screen, console)->started++;
}

#define SCREEN(name_) { .console = { \
	.name = (name_), .write = screen_write, .start_input = screen_start } }

static struct screen tty = SCREEN("ttyS0"), hvc = SCREEN("hvc0");

static void boot(const char *cmdline)
{
	console_register(&tty.console);
	param_init(cmdline);
	console_init();
}

TEST(log_levels_and_stamp)
{
	IN_CHILD({
		boot("");
		shim_now_ns = 1234567890;
		log_info("hidden");
		log_warn("shown %d", 7);
		log_printf(LOG_NOTICE, "hidden too");
		CHECK_STR(tty.text, "[    1.234567] shown 7\r\n");
	});
	IN_CHILD({
		boot("loglevel=8");
		log_debug("all");
		CHECK_STR(tty.text, "[    0.000000] all\r\n");
	});
	IN_CHILD({
		boot("loglevel=9");
		CHECK(strstr(tty.text, "loglevel=9: not a value") != NULL);
	});
}

TEST(log_early_lines_appear_once_a_console_does)
{
	IN_CHILD({
		log_warn("early");
		console_register(&tty.console);
		log_warn("before console=");
		CHECK_EQ(tty.len, 0);
		param_init("");
		console_init();
		CHECK(strstr(tty.text, "early\r\n") != NULL);
		CHECK(strstr(tty.text, "before console=\r\n") != NULL);
	});
}

TEST(log_long_and_odd_lines)
{
	IN_CHILD({
		char big[1000];

		boot("");
		memset(big, 'x', sizeof(big) - 1);
		big[sizeof(big) - 1] = '\0';
		log_err("%s", big);
		CHECK_EQ(tty.len, LOG_LINE_MAX - 1 + 2);
		tty.len = 0;
		log_err("two\nlines\n");
		CHECK_STR(tty.text, "[    0.000000] two lines \r\n");
	});
}

static char seen[40000];
static unsigned seen_lines;

static void collect(const char *text, unsigned len)
{
	strncat(seen, text, len);
	seen_lines++;
	CHECK_EQ(text[len - 1], '\n');
}

TEST(log_ring_keeps_the_newest)
{
	IN_CHILD({
		boot("");
		for (int i = 0; i < 2000; i++)
			log_info("line number %d of many", i);
		log_replay(collect);
		CHECK(seen_lines > 300 && seen_lines < 500);
		CHECK(strstr(seen, "number 1999 of") != NULL);
		CHECK(strstr(seen, "number 100 of") == NULL);
		CHECK(strncmp(seen, "[    0.000000] line number 1", 28) == 0);
		seen[0] = '\0';
		seen_lines = 0;
		log_warn("shown");
		log_replay_hidden(3, collect);
		CHECK_EQ(seen_lines, 3);
		CHECK(strstr(seen, "number 1996") == NULL && strstr(seen, "number 1997") != NULL);
		CHECK(strstr(seen, "shown") == NULL);
	});
}

static void log_from_console(struct console *c, const char *text, size_t len)
{
	static bool nested;

	screen_write(c, text, len);
	if (!nested) {
		nested = true;
		log_warn("from within");
	}
}

/* An interrupt logs while a line is being printed: it waits, and neither is lost or torn. */
TEST(log_nested_line_follows)
{
	IN_CHILD({
		boot("");
		tty.console.write = log_from_console;

		log_warn("outer");
		CHECK_STR(tty.text, "[    0.000000] outer\r\n[    0.000000] from within\r\n");
	});
}

TEST(console_choice)
{
	IN_CHILD({
		boot("");
		console_register(&hvc.console);
		console_write("a\nb", 3);
		CHECK_STR(tty.text, "a\r\nb");
		CHECK_STR(hvc.text, "a\r\nb");
	});
	IN_CHILD({
		boot("console=hvc0");
		console_register(&hvc.console);
		console_write("x", 1);
		CHECK_EQ(tty.len, 0);
		CHECK_STR(hvc.text, "x");
	});
	IN_CHILD({
		boot("console=ttyS0,115200n8");
		console_register(&hvc.console);
		console_write("x", 1);
		CHECK_STR(tty.text, "x");
		CHECK_EQ(hvc.len, 0);
	});
	IN_CHILD({
		boot("console=hvc0 console=ttyS0");
		console_register(&hvc.console);
		console_write("x", 1);
		CHECK_STR(tty.text, "x");
		CHECK_STR(hvc.text, "x");
	});
	IN_CHILD({
		boot("console=ttyS1");
		console_write("x", 1);
		CHECK_STR(tty.text, "x"); /* a wrong name does not make it mute */
	});
}

TEST(console_log_waits_for_the_chosen_one)
{
	IN_CHILD({
		boot("console=hvc0");
		log_warn("for hvc0");
		CHECK_EQ(tty.len, 0);
		console_register(&hvc.console);
		CHECK_STR(hvc.text, "[    0.000000] for hvc0\r\n");
	});
}

TEST(console_frozen_shows_everything)
{
	IN_CHILD({
		log_warn("early");
		console_register(&tty.console);
		CHECK_EQ(tty.len, 0);
		log_freeze();
		console_freeze();
		log_flush();
		CHECK_STR(tty.text, "[    0.000000] early\r\n");
	});
}

TEST(console_reader)
{
	IN_CHILD({
		boot("");
		CHECK_EQ(tty.started, 0);
		console_start_input();
		console_start_input();
		console_register(&hvc.console);
		CHECK_EQ(tty.started, 2); /* again, as if the terminal had been full */
		CHECK_EQ(hvc.started, 1);
	});
	IN_CHILD({
		boot("console=ttyS0 console=hvc0");
		console_register(&hvc.console);
		console_start_input();
		CHECK_EQ(tty.started, 0);
		CHECK_EQ(hvc.started, 1);
	});
}

TEST_MAIN
