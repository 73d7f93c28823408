/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which consoles print and which one reads. console= may name several, in Linux's form with options
 * ("ttyS0,115200n8") too; the last named one reads. Without it every console prints and reads. When
 * none of the named ones exists, all serve: a wrong name must not make the machine mute.
 */
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "kernel/spinlock.h"
#include <errno.h>
#include <string.h>

#define CHOSEN_MAX 4u

static struct list consoles = LIST_INIT(consoles);
static const char *chosen[CHOSEN_MAX];
static unsigned nchosen;
static bool initialised, frozen;
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
	return frozen || (initialised && any_chosen());
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

void console_write(const char *text, size_t len)
{
	irq_state s = list_lock();
	bool all = !any_chosen();

	list_for_each(n, &consoles) {
		struct console *c = container_of(n, struct console, node);

		if (all || is_chosen(c))
			write_cooked(c, text, len);
	}
	list_unlock(s);
}

static bool is_reader(const struct console *c)
{
	return nchosen == 0 || !any_chosen() || is_named(c, chosen[nchosen - 1]);
}

static void start_readers(void)
{
	list_for_each(n, &consoles) {
		struct console *c = container_of(n, struct console, node);

		if (c->start_input && is_reader(c) && !atomic_exchange(&c->reading, true))
			c->start_input(c);
	}
}

void console_start_input(void)
{
	input_wanted = true;
	start_readers();
}

void console_register(struct console *c)
{
	irq_state s = spin_lock(&lock);

	list_push_back(&consoles, &c->node);
	spin_unlock(&lock, s);
	log_flush();
	if (input_wanted)
		start_readers();
}

void console_init(void)
{
	initialised = true;
	log_flush();
}

void console_freeze(void)
{
	frozen = true;
}
