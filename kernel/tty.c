/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal: input from the reading console's interrupt through line editing to whoever reads,
 * output to the consoles. The app's memory is never touched under a spinlock: it goes through small
 * pieces on the stack.
 */
#include "kernel/tty.h"
#include "kernel/app.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/debugger.h"
#include "kernel/power.h"
#include "kernel/tty_line.h"
#include "kernel/wait.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#define PIECE          64u /* bytes; interrupts are off while one is printed */
#define COOKED_PIECE (2 * PIECE) /* what becomes of it when it is all newlines */
#define CTRL_KEY(c)    ((c) & 0x1f)

static struct tty_line line;
static struct termios modes = {
	.c_iflag = ICRNL,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = CS8 | CREAD | CLOCAL | B115200,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN,
	.c_cc = {
		[VINTR] = CTRL_KEY('C'), [VQUIT] = CTRL_KEY('\\'), [VSTATUS] = CTRL_KEY('T'),
		[VERASE] = 0x7f, [VWERASE] = CTRL_KEY('W'), [VKILL] = CTRL_KEY('U'),
		[VREPRINT] = CTRL_KEY('R'), [VLNEXT] = CTRL_KEY('V'), [VEOF] = CTRL_KEY('D'), [VMIN] = 1,
	},
};
static struct winsize window; /* zeroes: not known, as on any serial line */
static struct spinlock lock = SPINLOCK_INIT; /* guards the above */
static struct wait_queue readers = WAIT_QUEUE_INIT(readers);
static struct mutex writing = MUTEX_INIT;    /* one write() appears in one piece */
static atomic_bool input_started, full;

static void output(const char *text, size_t len)
{
	if ((modes.c_oflag & (OPOST | ONLCR)) == (OPOST | ONLCR))
		console_write(text, len);
	else
		console_write_raw(text, len);
}

void tty_line_echo(const char *text, size_t len)
{
	output(text, len);
}

static void flush_input(void)
{
	line.read = line.ready = line.end;
	line.literal = false;
}

/* --- what is typed --- */

/* What typing leads to that must not be done with the lock held. */
struct deeds {
	bool wake, status;
	int sig;
};

static int signal_of(char c)
{
	if (tty_line_is(&modes, VINTR, c))
		return SIGINT;
	return tty_line_is(&modes, VQUIT, c) ? SIGQUIT : 0;
}

/* True: it was a character of ISIG. */
static bool type_special(char c, struct deeds *d)
{
	int sig = signal_of(c);

	if (!(modes.c_lflag & ISIG) || line.literal)
		return false;
	if (debugger_status && tty_line_is(&modes, VSTATUS, c))
		return d->status = true;
	if (!sig)
		return false;
	if (!(modes.c_lflag & NOFLSH))
		flush_input();
	if (modes.c_lflag & ECHO)
		output((char[]){ '^', (char)(c ^ 0x40), '\n' }, 3);
	d->sig = sig;
	return true;
}

static void type(char c, struct deeds *d)
{
	if (c == '\r' && modes.c_iflag & IGNCR)
		return;
	if (c == '\r' && modes.c_iflag & ICRNL)
		c = '\n';
	else if (c == '\n' && modes.c_iflag & INLCR)
		c = '\r';
	if (!type_special(c, d))
		d->wake |= tty_line_type(&line, &modes, c);
}

static void signal_app(int sig)
{
	if (!app_signal || !app_signal(sig))
		power_off(128 + sig);
}

/* One line, and the one that was being typed again. */
static void show_status(void)
{
	irq_state s;

	debugger_status();
	s = spin_lock(&lock);
	tty_line_reprint(&line, &modes);
	spin_unlock(&lock, s);
}

static void act(const struct deeds *d)
{
	if (d->wake)
		wait_queue_wake(&readers);
	if (d->status)
		show_status();
	if (d->sig)
		signal_app(d->sig);
}

/* A line too long for the ring is never in the way of what ends it. */
static bool has_room(void)
{
	return line.end - line.read + 1 < TTY_RING || line.ready == line.read;
}

void tty_input(struct console *c)
{
	irq_state s = spin_lock(&lock);
	struct deeds deeds = { 0 };
	int byte;

	while (!(full = !has_room()) && (byte = c->poll(c)) >= 0)
		if (!debugger_key || !debugger_key((char)byte))
			type((char)byte, &deeds);
	spin_unlock(&lock, s);
	act(&deeds);
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

/* --- the file --- */

static unsigned bytes_ready(void)
{
	irq_state s = spin_lock(&lock);
	unsigned n = tty_line_ready(&line);

	spin_unlock(&lock, s);
	return n;
}

/* How many bytes a read of len waits for (POSIX.1-2008, 11.1.7); 0: for none. */
static unsigned bytes_wanted(size_t len)
{
	unsigned min = modes.c_lflag & ICANON ? 1 : modes.c_cc[VMIN];

	return min < len ? min : (unsigned)len;
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

static int wait_for(unsigned n, uint64_t deadline)
{
	return wait_event_interruptible(&readers, bytes_ready() >= n, deadline);
}

/*
 * Cases A to D of POSIX: with VMIN, VTIME runs from byte to byte, and only after the first; without,
 * from the start. 0, -ETIMEDOUT or -EINTR.
 */
static int wait_for_input(size_t len)
{
	bool canonical = modes.c_lflag & ICANON;
	uint64_t patience_ns = canonical ? 0 : modes.c_cc[VTIME] * 100000000ull;
	unsigned wanted = bytes_wanted(len), some;
	int error;

	if (wanted == 0)
		return wait_for(1, clock_now_ns() + patience_ns);
	error = wait_for(patience_ns ? 1 : wanted, DEADLINE_NEVER);
	while (!error && (some = bytes_ready()) < wanted)
		error = wait_for(some + 1, clock_now_ns() + patience_ns);
	return error;
}

static ssize_t tty_read(struct file *f, void *buf, size_t len)
{
	bool wait = !(atomic_load(&f->flags) & O_NONBLOCK);
	ssize_t n = -EAGAIN;
	int error = 0;

	if (len == 0)
		return 0;
	start_input();
	while (!error && n == -EAGAIN) {
		error = wait ? wait_for_input(len) : -EAGAIN;
		n = error == -EINTR ? error : take(buf, len);
	}
	return n == -EAGAIN && error == -ETIMEDOUT ? 0 : n;
}

static size_t write_pieces(const char *text, size_t len, bool wait)
{
	size_t done = 0;

	while (done < len && (wait || console_has_room(COOKED_PIECE))) {
		char piece[PIECE];
		size_t n = len - done < PIECE ? len - done : PIECE;

		memcpy(piece, text + done, n);
		console_wait_for_room(COOKED_PIECE);
		output(piece, n);
		done += n;
	}
	return done;
}

static ssize_t tty_write(struct file *f, const void *buf, size_t len)
{
	size_t n;

	mutex_lock(&writing);
	n = write_pieces(buf, len, !(atomic_load(&f->flags) & O_NONBLOCK));
	mutex_unlock(&writing);
	return n || !len ? (ssize_t)n : -EAGAIN;
}

static short tty_poll(struct file *f, struct poll_table *table)
{
	unsigned wanted = modes.c_cc[VTIME] ? 1 : bytes_wanted(SIZE_MAX);
	short ready = 0;

	(void)f;
	start_input();
	if (table) {
		table->add(table, &readers);
		table->add(table, &console_writable);
	}
	if (console_has_room(COOKED_PIECE))
		ready |= POLLOUT | POLLWRNORM;
	if (bytes_ready() >= (wanted ? wanted : 1))
		ready |= POLLIN | POLLRDNORM;
	return ready;
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

static void set_modes(const struct termios *new_modes)
{
	modes = *new_modes;
	if (!(modes.c_lflag & ICANON)) /* what was being edited is input like any other now */
		line.ready = line.end;
}

static bool set_window(const struct winsize *w)
{
	bool changed = memcmp(&window, w, sizeof window) != 0;

	window = *w;
	return changed;
}

static void tell_of_window(void)
{
	if (app_signal)
		app_signal(SIGWINCH);
}

void tty_set_window(unsigned short cols, unsigned short rows)
{
	irq_state s = spin_lock(&lock);
	bool changed = set_window(&(struct winsize){ .ws_row = rows, .ws_col = cols });

	spin_unlock(&lock, s);
	if (changed)
		tell_of_window();
}

/* With the lock held; v is the argument, in the kernel's memory. */
static int control(unsigned long request, void *v, long number, bool *changed)
{
	switch (request) {
	case TCGETS: *(struct termios *)v = modes; return 0;
	case TCSETSF: flush_input(); /* fall through */
	case TCSETSW: /* what was written before is cooked already */
	case TCSETS: set_modes(v); return 0;
	case TCFLSH:
		if (number != TCOFLUSH)
			flush_input();
		return 0;
	case TIOCGWINSZ: *(struct winsize *)v = window; return 0;
	case TIOCSWINSZ: *changed = set_window(v); return 0;
	case FIONREAD: *(int *)v = (int)tty_line_ready(&line); return 0;
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
	bool changed = false;
	irq_state s;
	int error;

	(void)f;
	if (size)
		memcpy(&v, arg, size);
	s = spin_lock(&lock);
	error = control(request, &v, (long)arg, &changed);
	spin_unlock(&lock, s);
	if (changed)
		tell_of_window();
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
