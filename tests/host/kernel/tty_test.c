/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal: what is typed, what is echoed, what is read.
 *
 * Links: kernel/tty.c kernel/tty_line.c kernel/wait.c kernel/mutex.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/console.h"
#include "kernel/tty.h"
#include "kernel/tty_line.h"
#include "kernel/cpu.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static struct file tty = { .ops = &tty_file_ops };
static int input_starts;

/* What was typed and not fetched yet. */
static const char *typed = "";

static int poll_key(struct console *c)
{
	(void)c;
	return *typed ? (unsigned char)*typed++ : -1;
}

static struct console keyboard = { .name = "keyboard", .poll = poll_key };

/* Also when the terminal, which was full, has room again. */
void console_start_input(void)
{
	input_starts++;
	tty_input(&keyboard);
}

static void press(const char *text)
{
	typed = text;
	tty_input(&keyboard);
}

static void clear_screen(void)
{
	shim_console_len = 0;
	shim_console[0] = '\0';
}

static void type(const char *text)
{
	clear_screen();
	press(text);
}

/* What one read gives, as text; "EAGAIN" when there is nothing. */
static const char *read_some(size_t len)
{
	static char buf[5000];
	ssize_t n;

	atomic_store(&tty.flags, O_NONBLOCK);
	n = tty.ops->read(&tty, buf, len);
	if (n < 0)
		return n == -EAGAIN ? "EAGAIN" : "error";
	buf[n] = '\0';
	return buf;
}

static void set_modes(unsigned clear)
{
	struct termios t;

	CHECK_EQ(tty.ops->ioctl(&tty, TCGETS, &t), 0);
	t.c_lflag = (ISIG | ICANON | ECHO) & ~clear;
	CHECK_EQ(tty.ops->ioctl(&tty, TCSETS, &t), 0);
}

TEST(tty_line_by_line)
{
	CHECK_STR(read_some(100), "EAGAIN");
	CHECK_EQ(input_starts, 1);
	type("one");
	CHECK_STR(shim_console, "one");
	CHECK_STR(read_some(100), "EAGAIN");
	type("\rtwo\n");
	CHECK_STR(shim_console, "\ntwo\n");
	CHECK_STR(read_some(100), "one\n");
	CHECK_STR(read_some(2), "tw");
	CHECK_STR(read_some(100), "o\n");
	CHECK_STR(read_some(100), "EAGAIN");
	CHECK_EQ(tty.ops->read(&tty, NULL, 0), 0);
}

TEST(tty_erasing)
{
	type("abx\b\x7f" "c\n");
	CHECK_STR(shim_console, "abx\b \b\b \bc\n");
	CHECK_STR(read_some(100), "ac\n");
	type("one two  \x17three\n");
	CHECK_STR(read_some(100), "one three\n");
	type("gone\x15kept\n");
	CHECK_STR(shim_console, "gone\b \b\b \b\b \b\b \bkept\n");
	CHECK_STR(read_some(100), "kept\n");
	type("\b\b\x15\x17ok\n"); /* nothing to erase */
	CHECK_STR(read_some(100), "ok\n");
	type("a\xc3\xa4\xe2\x82\xac\b\bb\n"); /* two characters of two and three bytes */
	CHECK_STR(shim_console, "a\xc3\xa4\xe2\x82\xac\b \b\b \bb\n");
	CHECK_STR(read_some(100), "ab\n");
	type("\x01\b\tb\n");
	CHECK_STR(shim_console, "^A\b\b  \b\b b\n");
	CHECK_STR(read_some(100), "\tb\n");
	type("first\nsecond\x15\n"); /* a finished line is out of reach */
	CHECK_STR(read_some(100), "first\n");
	CHECK_STR(read_some(100), "\n");
}

TEST(tty_end_of_file)
{
	type("\x04");
	CHECK_STR(read_some(100), "");
	CHECK_STR(read_some(100), "EAGAIN");
	type("half\x04");
	CHECK_STR(read_some(100), "half");
	CHECK_STR(read_some(100), "EAGAIN");
	type("half\x04");
	CHECK_STR(read_some(4), "half"); /* read exactly: the end of file belongs to it */
	CHECK_STR(read_some(100), "EAGAIN");
	type("a\n\x04z\n");
	CHECK_STR(read_some(100), "a\n");
	CHECK_STR(read_some(100), "");
	CHECK_STR(read_some(100), "z\n");
}

TEST(tty_overflow_keeps_the_line_readable)
{
	char big[3000], lines[4001] = "";
	const char *got;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	type(big);
	CHECK(strchr(shim_console, '\a') != NULL);
	type("\n");
	got = read_some(4000);
	CHECK_EQ(strlen(got), TTY_RING);
	CHECK_EQ(got[strlen(got) - 1], '\n');
	CHECK_STR(read_some(100), "EAGAIN");
	for (unsigned i = 0; i < sizeof(lines) - 1; i++)
		lines[i] = i % 2 ? '\n' : 'a';
	type(lines); /* what finds no room stays with the console, and none of it is lost */
	for (unsigned i = 0; i < (sizeof(lines) - 1) / 2; i++)
		CHECK_STR(read_some(100), "a\n");
	CHECK_STR(read_some(100), "EAGAIN");
}

TEST(tty_long_line_through_pieces)
{
	char big[902];

	for (int i = 0; i < 900; i++)
		big[i] = (char)('a' + i % 26);
	strcpy(big + 900, "\n");
	type(big);
	CHECK_STR(read_some(4000), big);
}

TEST(tty_raw)
{
	int n;

	type("edited");
	set_modes(ICANON | ECHO);
	CHECK_STR(read_some(100), "edited");
	type("a\x04\b");
	CHECK_STR(shim_console, "");
	CHECK_EQ(tty.ops->ioctl(&tty, FIONREAD, &n), 0);
	CHECK_EQ(n, 3);
	CHECK_STR(read_some(100), "a\x04\b");
	type("flushed");
	CHECK_EQ(tty.ops->ioctl(&tty, TCFLSH, (void *)TCIFLUSH), 0);
	CHECK_STR(read_some(100), "EAGAIN");
	set_modes(0);
}

static int keys;

static bool press_key(void)
{
	keys++;
	press(keys == 1 ? "h" : "i\n");
	return true;
}

TEST(tty_read_waits)
{
	char buf[16];

	atomic_store(&tty.flags, 0);
	shim_idle = press_key;
	CHECK_EQ(tty.ops->read(&tty, buf, sizeof(buf)), 3);
	CHECK(memcmp(buf, "hi\n", 3) == 0);
	CHECK_EQ(keys, 2);
	shim_idle = NULL;
}

TEST(tty_vmin_0_is_a_poll)
{
	struct termios t;
	char buf[4];
	uint64_t from = shim_now_ns;

	set_modes(ICANON);
	tty.ops->ioctl(&tty, TCGETS, &t);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 3;
	tty.ops->ioctl(&tty, TCSETSF, &t);
	CHECK_EQ(tty.ops->read(&tty, buf, 4), 0);
	CHECK_EQ(shim_now_ns - from, 300000000);
	t.c_cc[VMIN] = 1;
	tty.ops->ioctl(&tty, TCSETS, &t);
	set_modes(0);
}

static int added;

static void add(struct poll_table *t, struct wait_queue *q)
{
	(void)t, (void)q;
	added++;
}

TEST(tty_poll)
{
	struct poll_table table = { .add = add };

	CHECK_EQ(tty.ops->poll(&tty, &table), POLLOUT | POLLWRNORM);
	CHECK_EQ(added, 2); /* to read, and to write */
	type("x\n");
	CHECK_EQ(tty.ops->poll(&tty, NULL), POLLOUT | POLLWRNORM | POLLIN | POLLRDNORM);
	CHECK_STR(read_some(10), "x\n");
}

TEST(tty_write_and_stat)
{
	char big[1000];
	struct stat st;

	clear_screen();
	memset(big, 'y', sizeof(big));
	CHECK_EQ(tty.ops->write(&tty, big, sizeof(big)), 1000);
	CHECK_EQ(shim_console_len, 1000);
	CHECK_EQ(tty.ops->stat(&tty, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(tty.ops->ioctl(&tty, 0x1234, NULL), -ENOTTY);
}

/* Last: the interrupt does not come back, and leaves the lock held. */
TEST(tty_ctrl_c_ends_the_app)
{
	CHECK(SHIM_CATCH(type("abc\x03")));
	CHECK_EQ(shim_power_status, 130);
	CHECK_STR(shim_console, "abc^C\n");
}

TEST_MAIN
