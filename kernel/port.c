/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports: the list of them, who uses which, and waiting. The bytes are their drivers' (port.h). */
#include "kernel/port.h"
#include "kernel/console.h"
#include "kernel/spinlock.h"
#include <errno.h>
#include <string.h>

struct wait_queue port_changes = WAIT_QUEUE_INIT(port_changes);
static struct list ports = LIST_INIT(ports); /* only ever added to */
static struct spinlock lock = SPINLOCK_INIT;

void port_init(struct port *p)
{
	wait_queue_init(&p->readable);
	wait_queue_init(&p->writable);
}

void port_register(struct port *p)
{
	irq_state s = spin_lock(&lock);

	list_push_back(&ports, &p->node);
	spin_unlock(&lock, s);
	wait_queue_wake(&port_changes);
}

/* No lock: nothing is ever taken off the list, and a new port is linked to last. */
void port_for_each(void (*visit)(struct port *, void *arg), void *arg)
{
	list_for_each(n, &ports) {
		struct port *p = container_of(n, struct port, node);

		if (!p->gone)
			visit(p, arg);
	}
}

struct port *port_find(const char *name)
{
	list_for_each(n, &ports) {
		struct port *p = container_of(n, struct port, node);

		if (!p->gone && *name && (!strcmp(p->name, name) || !strcmp(p->alias, name)))
			return p;
	}
	return NULL;
}

int port_claim(struct port *p, void (*arrived)(struct port *, void *arg), void *arg)
{
	int error;

	if (p->gone)
		return -ENODEV;
	if (atomic_exchange(&p->claimed, true))
		return -EBUSY;
	p->arrived_arg = arg;
	p->arrived = arrived;
	error = p->ops->opened(p, true);
	if (error)
		port_release(p);
	return error;
}

void port_release(struct port *p)
{
	p->arrived = NULL;
	p->ops->opened(p, false);
	p->claimed = false;
}

static int write_some(struct port *p, const void *buf, size_t len, ssize_t *n)
{
	*n = p->ops->write(p, buf, len);
	return *n != -EAGAIN;
}

int port_send(struct port *p, const void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < len) {
		wait_event(&p->writable, write_some(p, (const char *)buf + done, len - done, &n),
			   DEADLINE_NEVER);
		if (n < 0)
			return (int)n;
		done += (size_t)n;
	}
	return 0;
}

static bool looks_readable(struct port *p)
{
	return p->ops->read(p, NULL, 0) != -EAGAIN;
}

int port_wait_readable(struct port *p, uint64_t deadline_ns)
{
	return wait_event(&p->readable, looks_readable(p), deadline_ns);
}

void port_arrived(struct port *p)
{
	void (*arrived)(struct port *, void *) = p->arrived;

	if (console_frozen())
		return;
	if (arrived)
		arrived(p, p->arrived_arg);
	wait_queue_wake(&p->readable);
}

void port_drained(struct port *p)
{
	if (!console_frozen())
		wait_queue_wake(&p->writable);
}

static void wake(struct port *p, void *unused)
{
	(void)unused;
	port_arrived(p);
	port_drained(p);
}

void port_thaw(void)
{
	port_for_each(wake, NULL);
}
