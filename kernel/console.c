/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which consoles print and which one reads. console= may name several, in Linux's form with options
 * ("ttyS0,115200n8") too; the last named one reads. Without it every console prints and reads. When
 * none of the named ones exists, all serve: a wrong name must not make the machine mute.
 */
#include "kernel/console.h"
#include "kernel/clock.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "kernel/port.h"
#include "kernel/spinlock.h"
#include "kernel/tty.h"
#include <errno.h>
#include <string.h>

#define CHOSEN_MAX  4u
#define ARRIVAL_NS  1000000000ull /* for what a device has to say of its consoles */
#define PATIENCE_NS 3000000000ull /* with a console that takes nothing */

struct wait_queue console_writable = WAIT_QUEUE_INIT(console_writable);
static struct list consoles = LIST_INIT(consoles); /* only ever added to */
static const char *chosen[CHOSEN_MAX];
static unsigned nchosen;
static bool initialised, expected;
static atomic_bool settled;
static atomic_bool frozen;
static atomic_bool input_wanted;
static struct spinlock lock = SPINLOCK_INIT;

static int console_param(const struct param *p, const char *value, const char *suffix)
{
	(void)p, (void)suffix;
	if (nchosen == CHOSEN_MAX || !*value)
		return -EINVAL;
	chosen[nchosen++] = value;
	return 0;
}
PARAM_CALL("console", console_param);

static bool is_named(const struct console *c, const char *value)
{
	size_t len = strcspn(value, ",");

	return strlen(c->name) == len && strncmp(c->name, value, len) == 0;
}

static bool is_chosen(const struct console *c)
{
	if (c->last_resort)
		return false;
	for (unsigned i = 0; i < nchosen; i++)
		if (is_named(c, chosen[i]))
			return true;
	return nchosen == 0;
}

static bool any_chosen(void)
{
	list_for_each(n, &consoles)
		if (is_chosen(container_of(n, struct console, node)))
			return true;
	return false;
}

/* After a panic the lock's holder may be the one who panicked, and nobody else runs. */
static irq_state list_lock(void)
{
	return frozen ? cpu_irq_save() : spin_lock(&lock);
}

static void list_unlock(irq_state s)
{
	if (frozen)
		cpu_irq_restore(s);
	else
		spin_unlock(&lock, s);
}

/*
 * After a panic nobody waits for the right console any more. No lock: a console that is being written
 * to may log. Consoles are only ever added, and linked to from the list's end.
 */
bool console_ready(void)
{
	return frozen || settled || (initialised && any_chosen());
}

static bool is_used(const struct console *c)
{
	return is_chosen(c) || (!any_chosen() && (frozen || !c->last_resort));
}

static void write_raw(struct console *c, const char *text, size_t len)
{
	c->write(c, text, len);
}

static void write_cooked(struct console *c, const char *text, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t n = newline ? (size_t)(newline - text) : len;

		c->write(c, text, n);
		if (!newline)
			return;
		c->write(c, "\r\n", 2);
		text += n + 1;
		len -= n + 1;
	}
}

static void write_to_all(void (*how)(struct console *, const char *, size_t), const char *text,
			 size_t len)
{
	irq_state s = list_lock();

	list_for_each(n, &consoles) {
		struct console *c = container_of(n, struct console, node);

		if (is_used(c))
			how(c, text, len);
	}
	list_unlock(s);
}

void console_write(const char *text, size_t len)
{
	write_to_all(write_cooked, text, len);
}

void console_write_raw(const char *text, size_t len)
{
	write_to_all(write_raw, text, len);
}

/* No lock: consoles are only ever added, and linked to last. */
static struct console *next_full(struct console *after, size_t len)
{
	struct list *n = after ? after->node.next : consoles.next;

	for (; n != &consoles; n = n->next) {
		struct console *c = container_of(n, struct console, node);

		if (c->room && !c->stalled && is_used(c) && c->room(c) < len)
			return c;
	}
	return NULL;
}

bool console_has_room(size_t len)
{
	return !next_full(NULL, len);
}

static void tell_of_dropped(void)
{
	list_for_each(n, &consoles) {
		struct console *c = container_of(n, struct console, node);
		unsigned long dropped = c->dropped && !c->stalled ? atomic_exchange(&c->dropped, 0) : 0;

		if (dropped)
			log_warn("%s: %lu bytes were dropped, as nobody took them", c->name, dropped);
	}
}

void console_wait_for_room(size_t len)
{
	tell_of_dropped();
	if (console_has_room(len))
		return;
	if (wait_event(&console_writable, console_has_room(len), clock_now_ns() + PATIENCE_NS) == 0)
		return;
	for (struct console *c = NULL; (c = next_full(c, len));)
		c->stalled = true;
}

void console_drained(struct console *c)
{
	if (frozen)
		return;
	c->stalled = false;
	wait_queue_wake(&console_writable);
}

static bool is_reader(const struct console *c)
{
	return nchosen == 0 || !any_chosen() || is_named(c, chosen[nchosen - 1]);
}

static bool is_there(const char *name)
{
	list_for_each(n, &consoles)
		if (is_named(container_of(n, struct console, node), name))
			return true;
	return false;
}

static unsigned first_missing(unsigned i)
{
	while (i < nchosen && is_there(chosen[i]))
		i++;
	return i;
}

void console_expect(void)
{
	expected = true;
}

void console_settle(void)
{
	if (expected && first_missing(0) < nchosen)
		(void)wait_event(&console_writable, first_missing(0) == nchosen,
				 clock_now_ns() + ARRIVAL_NS);
	settled = true;
	for (unsigned i = 0; (i = first_missing(i)) < nchosen; i++)
		log_warn("console=%s: there is none of that name", chosen[i]);
	log_flush();
}

static void start_reading(struct console *c)
{
	if (!c->start_input || !is_reader(c))
		return;
	c->reading = true;
	c->start_input(c);
	tty_input(c);
}

void console_start_input(void)
{
	input_wanted = true;
	list_for_each(n, &consoles)
		start_reading(container_of(n, struct console, node));
}

static void replay(const char *text, unsigned len, void *c)
{
	write_cooked(c, text, len);
}

/* Lines that another console showed are shown again; further ones wait for the lock. */
void console_register(struct console *c)
{
	irq_state s = list_lock();

	if (initialised && is_chosen(c))
		log_replay_shown(replay, c);
	list_push_back(&consoles, &c->node);
	list_unlock(s);
	log_flush();
	wait_queue_wake(&console_writable);
	if (input_wanted)
		start_reading(c);
}

void console_init(void)
{
	initialised = true;
	log_flush();
}

bool console_named(const char *name)
{
	return nchosen > 0 && (!name || is_chosen(&(struct console){ .name = name }));
}

void console_freeze(void)
{
	frozen = true;
}

void console_thaw(bool wake)
{
	frozen = false;
	if (!wake)
		return;
	wait_queue_wake(&console_writable);
	port_thaw();
	if (input_wanted)
		console_start_input();
}

bool console_frozen(void)
{
	return frozen;
}

int console_poll(void)
{
	int byte = -1;

	list_for_each(n, &consoles) {
		struct console *c = container_of(n, struct console, node);

		if (byte < 0 && c->poll && is_used(c))
			byte = c->poll(c);
	}
	return byte;
}
