/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal: input from the reading console's interrupt through line editing to whoever reads,
 * output to the consoles. The app's memory is never touched under a spinlock: it goes through small
 * pieces on the stack.
 */
#include "kernel/tty.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/debugger.h"
#include "kernel/power.h"
#include "kernel/tty_line.h"
#include "kernel/wait.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#define PIECE          64u /* bytes; interrupts are off while one is printed */
#define EXIT_BY_CTRL_C 130 /* as a shell reports a program ended by SIGINT */
#define CTRL_KEY(c)    ((c) & 0x1f)

static struct tty_line line;
static struct termios modes = {
	.c_iflag = ICRNL,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = CS8 | CREAD | CLOCAL | B115200,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN,
	.c_cc = {
		[VINTR] = CTRL_KEY('C'), [VERASE] = 0x7f, [VWERASE] = CTRL_KEY('W'),
		[VKILL] = CTRL_KEY('U'), [VEOF] = CTRL_KEY('D'), [VMIN] = 1,
	},
};
static struct winsize window; /* zeroes: not known, as on any serial line */
static struct spinlock lock = SPINLOCK_INIT; /* guards the above */
static struct wait_queue readers = WAIT_QUEUE_INIT(readers);
static struct mutex writing = MUTEX_INIT;    /* one write() appears in one piece */
static atomic_bool input_started, full;

void tty_line_echo(const char *text, size_t len)
{
	console_write(text, len);
}

static void interrupt_app(void)
{
	console_write("^C\n", 3);
	power_off(EXIT_BY_CTRL_C);
}

static bool type(char c)
{
	if (c == '\r' && modes.c_iflag & ICRNL)
		c = '\n';
	if (modes.c_lflag & ISIG && (cc_t)c == modes.c_cc[VINTR])
		interrupt_app();
	return tty_line_type(&line, &modes, c);
}

/* A line that can still be edited is never in the way of what ends it: that gets a BEL. */
static bool has_room(void)
{
	return line.end - line.read < TTY_RING || line.ready == line.read;
}

void tty_input(struct console *c)
{
	irq_state s = spin_lock(&lock);
	bool more = false;
	int byte;

	while (!(full = !has_room()) && (byte = c->poll(c)) >= 0)
		if (!debugger_key || !debugger_key((char)byte))
			more |= type((char)byte);
	spin_unlock(&lock, s);
	if (more)
		wait_queue_wake(&readers);
}

bool tty_full(void)
{
	return full;
}

/* Nobody's keys are listened to before somebody wants them: input is an interrupt per key. */
static void start_input(void)
{
	if (!atomic_exchange(&input_started, true))
		console_start_input();
}

static bool readable(void)
{
	irq_state s = spin_lock(&lock);
	bool ready = tty_line_ready(&line);

	spin_unlock(&lock, s);
	return ready;
}

/* What is there now, up to one line; -EAGAIN: nothing. */
static ssize_t take(char *buf, size_t len)
{
	size_t total = 0;
	bool more = true, some = true;

	while (more && some && total < len) {
		char piece[PIECE];
		size_t n = 0, want = len - total < PIECE ? len - total : PIECE;
		irq_state s = spin_lock(&lock);

		some = tty_line_ready(&line);
		if (some)
			n = tty_line_take(&line, &modes, piece, want, &more);
		spin_unlock(&lock, s);
		memcpy(buf + total, piece, n);
		total += n;
	}
	if (total && atomic_exchange(&full, false))
		console_start_input();
	return total == 0 && !some ? -EAGAIN : (ssize_t)total;
}

/*
 * Without ICANON, VMIN 0 makes read a poll of VTIME tenths of a second (POSIX.1-2008, 11.1.7, cases
 * C and D).
 */
static uint64_t read_deadline(void)
{
	if (modes.c_lflag & ICANON || modes.c_cc[VMIN])
		return DEADLINE_NEVER;
	return clock_now_ns() + modes.c_cc[VTIME] * 100000000ull;
}

static ssize_t tty_read(struct file *f, void *buf, size_t len)
{
	uint64_t deadline = read_deadline();
	ssize_t n;

	if (len == 0)
		return 0;
	start_input();
	while ((n = take(buf, len)) == -EAGAIN) {
		if (atomic_load(&f->flags) & O_NONBLOCK)
			return -EAGAIN;
		n = wait_event_interruptible(&readers, readable(), deadline);
		if (n < 0)
			return n == -ETIMEDOUT ? 0 : n;
	}
	return n;
}

static ssize_t tty_write(struct file *f, const void *buf, size_t len)
{
	(void)f;
	mutex_lock(&writing);
	for (size_t done = 0; done < len;) {
		char piece[PIECE];
		size_t n = len - done < PIECE ? len - done : PIECE;

		console_write(memcpy(piece, (const char *)buf + done, n), n);
		done += n;
	}
	mutex_unlock(&writing);
	return (ssize_t)len;
}

static short tty_poll(struct file *f, struct poll_table *table)
{
	(void)f;
	start_input();
	if (table)
		table->add(table, &readers);
	return (short)(POLLOUT | POLLWRNORM | (readable() ? POLLIN | POLLRDNORM : 0));
}

static int tty_stat(struct file *f, struct stat *st)
{
	(void)f;
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | 0600;
	st->st_nlink = 1;
	st->st_rdev = 5 << 8 | 1; /* /dev/console, as in Linux */
	st->st_blksize = PIECE;
	return 0;
}

static void flush_input(void)
{
	line.read = line.ready = line.end;
}

static void set_modes(const struct termios *new_modes)
{
	modes = *new_modes;
	if (!(modes.c_lflag & ICANON)) /* what was being edited is input like any other now */
		line.ready = line.end;
}

static int readable_bytes(void)
{
	return (int)(line.ready - line.read);
}

/* With the lock held; v is the argument, in the kernel's memory. */
static int control(unsigned long request, void *v, long number)
{
	switch (request) {
	case TCGETS: *(struct termios *)v = modes; return 0;
	case TCSETSF: flush_input(); /* fall through */
	case TCSETSW: /* output is out when write() returns */
	case TCSETS: set_modes(v); return 0;
	case TCFLSH:
		if (number != TCOFLUSH)
			flush_input();
		return 0;
	case TIOCGWINSZ: *(struct winsize *)v = window; return 0;
	case TIOCSWINSZ: window = *(struct winsize *)v; return 0;
	case FIONREAD: *(int *)v = readable_bytes(); return 0;
	default: return -ENOTTY;
	}
}

static size_t argument_size(unsigned long request)
{
	switch (request) {
	case TCGETS: case TCSETS: case TCSETSW: case TCSETSF: return sizeof(struct termios);
	case TIOCGWINSZ: case TIOCSWINSZ: return sizeof(struct winsize);
	case FIONREAD: return sizeof(int);
	default: return 0;
	}
}

static int tty_ioctl(struct file *f, unsigned long request, void *arg)
{
	union { struct termios modes; struct winsize window; int n; } v;
	size_t size = argument_size(request);
	irq_state s;
	int error;

	(void)f;
	if (size)
		memcpy(&v, arg, size);
	s = spin_lock(&lock);
	error = control(request, &v, (long)arg);
	spin_unlock(&lock, s);
	if (size)
		memcpy(arg, &v, size);
	return error;
}

const struct file_ops tty_file_ops = {
	.read = tty_read,
	.write = tty_write,
	.stat = tty_stat,
	.ioctl = tty_ioctl,
	.poll = tty_poll,
};
