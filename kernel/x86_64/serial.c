/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serial lines. Each that console= names is a console; the others are ports (kernel/port.h), and
 * ttyS0 is a console of last resort until somebody claims it.
 *
 * What the transmitter does not take at once waits in a ring for its interrupt. Only the log polls,
 * when that ring is full, and everybody before there are interrupts, with the system frozen, and at
 * the machine's end, which loses nothing.
 */
#include "kernel/byte_ring.h"
#include "kernel/console.h"
#include "kernel/debugger.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "kernel/port.h"
#include "kernel/shutdown.h"
#include "kernel/tty.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/uart.h"
#include <errno.h>
#include <string.h>

#define OUT_SIZE    4096u
#define IN_SIZE     1024u  /* ports; a console's input goes straight into the terminal */
#define PASSES_MAX  64u    /* of an interrupt, in case a line never falls silent */

struct line {
	struct console console;
	struct port port;
	struct uart uart;
	uint8_t irq;
	bool present, interrupts;
	struct spinlock lock;      /* of the following, against the interrupt */
	struct byte_ring out, in;
	bool receiving;
};

static const struct { const char *name; uint16_t base; uint8_t irq; } known[] = {
	{ "ttyS0", 0x3f8, 4 }, { "ttyS1", 0x2f8, 3 }, { "ttyS2", 0x3e8, 4 }, { "ttyS3", 0x2e8, 3 },
};
#define NLINES (sizeof known / sizeof *known)
static struct line lines[NLINES];

/* With the system frozen a lock's holder may be stopped; and there is nobody to keep out. */
static irq_state lock(struct line *l)
{
	return console_frozen() ? cpu_irq_save() : spin_lock(&l->lock);
}

static void unlock(struct line *l, irq_state s)
{
	if (console_frozen())
		cpu_irq_restore(s);
	else
		spin_unlock(&l->lock, s);
}

static void set_interrupts(struct line *l)
{
	if (l->interrupts)
		uart_set_interrupts(&l->uart, l->receiving, byte_ring_used(&l->out) > 0);
}

/* --- output --- */

/* Hands over what the transmitter takes. */
static void pump(struct line *l)
{
	const char *piece;
	size_t n;

	do {
		piece = byte_ring_front(&l->out, &n);
		n = uart_send(&l->uart, piece, n);
		byte_ring_skip(&l->out, n);
	} while (n);
}

static bool poll_out(struct line *l)
{
	bool alive = uart_wait_until_empty(&l->uart);

	if (alive)
		pump(l);
	return alive;
}

static void drain(struct line *l)
{
	while (byte_ring_used(&l->out) && poll_out(l))
		;
}

/* What could be taken without waiting; with poll, all, unless the line has hung. */
static size_t put(struct line *l, const char *text, size_t len, bool poll)
{
	size_t done = 0, n;

	do {
		n = byte_ring_used(&l->out) ? 0 : uart_send(&l->uart, text + done, len - done);
		if (n == 0)
			n = byte_ring_put(&l->out, text + done, len - done);
		done += n;
	} while (done < len && (n || (poll && poll_out(l))));
	if (console_frozen())
		drain(l);
	set_interrupts(l);
	return done;
}

/* A claimed line's stream is its user's alone. */
static void serial_write(struct console *c, const char *text, size_t len)
{
	struct line *l = container_of(c, struct line, console);
	irq_state s;

	if (l->port.claimed)
		return;
	s = lock(l);
	c->dropped += len - put(l, text, len, !c->stalled);
	unlock(l, s);
}

static size_t serial_room(struct console *c)
{
	struct line *l = container_of(c, struct line, console);

	return l->interrupts && !l->port.claimed ? byte_ring_room(&l->out) : SIZE_MAX;
}

static ssize_t line_write(struct port *p, const void *buf, size_t len)
{
	struct line *l = container_of(p, struct line, port);
	irq_state s = lock(l);
	size_t n = put(l, buf, len, console_frozen());
	bool room = byte_ring_room(&l->out) > 0;

	unlock(l, s);
	return n || (!len && room) ? (ssize_t)n : -EAGAIN;
}

static void serial_interrupt(void *);

/* 0, or why there can be no interrupt. */
static int use_interrupts(struct line *l)
{
	int error = l->interrupts ? 0 : byte_ring_init(&l->out, OUT_SIZE);

	if (!error && !l->interrupts)
		error = irq_connect_isa(l->irq, serial_interrupt, NULL, l->console.name);
	if (!error)
		l->interrupts = true;
	return error;
}

/* --- input --- */

/* The next byte of the device; -1: none. */
static int receive(struct line *l)
{
	enum uart_received what;
	char byte;

	while ((what = uart_receive(&l->uart, &byte)) == UART_BREAK)
		if (debugger_break)
			debugger_break();
	return what == UART_BYTE ? (unsigned char)byte : -1;
}

static int serial_poll(struct console *c)
{
	struct line *l = container_of(c, struct line, console);
	irq_state s = lock(l);
	int byte = l->port.claimed ? -1 : receive(l);

	unlock(l, s);
	return byte;
}

static void set_receiving(struct line *l, bool on)
{
	irq_state s = lock(l);

	l->receiving = on;
	set_interrupts(l);
	unlock(l, s);
}

static void serial_start_input(struct console *c)
{
	struct line *l = container_of(c, struct line, console);

	if (use_interrupts(l) == 0)
		set_receiving(l, true);
}

/* While the terminal is full, bytes wait in the device, and the interrupt is off. */
static void feed_terminal(struct line *l)
{
	tty_input(&l->console);
	if (!tty_full())
		return;
	set_receiving(l, false);
	if (!tty_full()) /* who made room has looked before */
		set_receiving(l, true);
}

/* Likewise while a port's ring is full. */
static void fill_ring(struct line *l)
{
	int byte;

	while (byte_ring_room(&l->in) && (byte = receive(l)) >= 0)
		byte_ring_put(&l->in, &(char){ (char)byte }, 1);
	l->receiving = byte_ring_room(&l->in) > 0;
}

static ssize_t line_read(struct port *p, void *buf, size_t len)
{
	struct line *l = container_of(p, struct line, port);
	irq_state s = lock(l);
	bool some;
	size_t n;

	if (console_frozen() || !l->receiving)
		fill_ring(l);
	some = byte_ring_used(&l->in) > 0;
	n = byte_ring_take(&l->in, buf, len);
	fill_ring(l);
	set_interrupts(l);
	unlock(l, s);
	return some ? (ssize_t)n : -EAGAIN;
}

static void fill_port(struct line *l)
{
	irq_state s = lock(l);

	fill_ring(l);
	unlock(l, s);
	port_arrived(&l->port);
}

/* --- the interrupt --- */

static bool serve(struct line *l)
{
	irq_state s;

	if (!l->interrupts || !uart_interrupting(&l->uart))
		return false;
	if (l->port.claimed)
		fill_port(l);
	else if (l->receiving)
		feed_terminal(l);
	s = lock(l);
	pump(l);
	set_interrupts(l);
	unlock(l, s);
	if (l->port.claimed)
		port_drained(&l->port);
	else
		console_drained(&l->console);
	return true;
}

/* Two lines share a wire, whose next edge comes only after both were silent. */
static void serial_interrupt(void *unused)
{
	bool any = true;

	(void)unused;
	for (unsigned pass = 0; any && pass < PASSES_MAX; pass++) {
		any = false;
		for (struct line *l = lines; l < lines + NLINES; l++)
			any |= serve(l);
	}
}

/* --- start and end --- */

static int line_opened(struct port *p, bool open)
{
	struct line *l = container_of(p, struct line, port);
	int error = open ? use_interrupts(l) : 0;

	if (!error && open)
		error = byte_ring_init(&l->in, IN_SIZE);
	if (!error)
		set_receiving(l, open || l->console.reading);
	return error;
}

static const struct port_ops line_ops = {
	.read = line_read,
	.write = line_write,
	.frozen_read = line_read,
	.frozen_write = line_write,
	.opened = line_opened,
};

/* Locks are left alone: the end may come in the middle of anything. */
static void shut_down(struct shutdown *unused)
{
	(void)unused;
	for (struct line *l = lines; l < lines + NLINES; l++)
		if (l->present)
			drain(l);
}

static bool find(struct line *l)
{
	size_t i = (size_t)(l - lines);

	l->console.name = known[i].name;
	l->uart.base = known[i].base;
	l->irq = known[i].irq;
	l->present = uart_init(&l->uart);
	return l->present;
}

static void add_console(struct line *l)
{
	l->console.write = serial_write;
	l->console.room = serial_room;
	l->console.start_input = serial_start_input;
	l->console.poll = serial_poll;
	console_register(&l->console);
}

void serial_init(void)
{
	if (find(&lines[0]))
		add_console(&lines[0]);
}

/*
 * The first line is a console even where another was asked for that is not there: somebody shall
 * see why.
 */
static void add_line(struct line *l)
{
	bool first = l == lines;
	bool is_console = console_named(l->console.name) || (first && !console_named(NULL));
	int error = is_console ? use_interrupts(l) : 0;

	if (is_console && !first)
		add_console(l);
	if (error)
		log_warn("%s: no interrupt (error %d): no input", l->console.name, -error);
	if (is_console)
		return;
	strcpy(l->port.name, l->console.name);
	l->port.connected = true;
	l->port.ops = &line_ops;
	port_init(&l->port);
	port_register(&l->port);
}

/* Whoever breaks in by keys does so at any time. */
void serial_start(void)
{
	static struct shutdown shutdown = { .run = shut_down };

	shutdown_add(&shutdown);
	for (struct line *l = lines; l < lines + NLINES; l++)
		if (l->present || find(l))
			add_line(l);
	if (debugger_key)
		console_start_input();
}
