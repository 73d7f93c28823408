/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for descriptors. The first look puts an entry on every wait queue that a file names; whatever wakes one of them makes the thread
 * look again. Lossless: the entries are queued before each file is asked, so a change after the question finds the waiter.
 */
#include "libc/poll.h"
#include "kernel/file.h"
#include "kernel/heap.h"
#include "libc/fd.h"
#include <errno.h>

/* One place in one queue. It keeps the file, and with it the queue, alive when another thread closes the descriptor. */
struct entry {
	struct wait_entry wait;
	struct wait_queue *queue;
	struct file *file;
	struct waiter *waiter;
};

struct chunk {
	struct chunk *next;
	unsigned used;
	struct entry entries[32];
};

struct poll_state {
	struct poll_table table;
	struct waiter waiter;
	struct file *file;      /* being asked */
	struct chunk *chunks;   /* the one being filled first */
	int error;
	struct chunk first;     /* enough for most, without the heap */
};

static void wake_waiter(struct wait_entry *e)
{
	struct waiter *waiter = container_of(e, struct entry, wait)->waiter;

	waiter->entry.wake(&waiter->entry);
}

static struct chunk *chunk_with_room(struct poll_state *s)
{
	struct chunk *c = s->chunks;

	if (c->used < sizeof(c->entries) / sizeof(c->entries[0]))
		return c;
	c = kmalloc(sizeof(*c));
	if (!c)
		return NULL;
	c->used = 0;
	c->next = s->chunks;
	s->chunks = c;
	return c;
}

/* poll_table's add, called by the file being asked. */
static void add_queue(struct poll_table *table, struct wait_queue *queue)
{
	struct poll_state *s = container_of(table, struct poll_state, table);
	struct chunk *c = chunk_with_room(s);
	struct entry *e;

	if (!c) {
		s->error = -ENOMEM;
		return;
	}
	e = &c->entries[c->used++];
	*e = (struct entry){ .wait.wake = wake_waiter, .queue = queue, .file = file_get(s->file), .waiter = &s->waiter };
	list_init(&e->wait.node);
	wait_queue_add(queue, &e->wait);
}

static void start(struct poll_state *s)
{
	s->table.add = add_queue;
	waiter_init(&s->waiter);
	s->waiter.interruptible = true;
	s->error = 0;
	s->first.next = NULL;
	s->first.used = 0;
	s->chunks = &s->first;
}

static void remove_entries(struct chunk *c)
{
	for (unsigned i = 0; i < c->used; i++) {
		wait_queue_remove(c->entries[i].queue, &c->entries[i].wait);
		file_put(c->entries[i].file);
	}
}

static void finish(struct poll_state *s)
{
	struct chunk *c = s->chunks, *next;

	for (; c; c = next) {
		next = c->next;
		remove_entries(c);
		if (c != &s->first)
			kfree(c);
	}
}

/* Errors are told whether asked for or not. */
static short ask_file(struct poll_state *s, struct file *f, short events, struct poll_table *table)
{
	short ready = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

	s->file = f;
	if (f->ops->poll)
		ready = f->ops->poll(f, table);
	return ready & (events | POLLERR | POLLHUP | POLLNVAL);
}

/* Negative descriptors are skipped, as POSIX has it. */
static short ask(struct poll_state *s, const struct pollfd *p, struct poll_table *table)
{
	struct file *f;
	short ready;

	if (p->fd < 0)
		return 0;
	f = fd_get(p->fd);
	if (!f)
		return POLLNVAL;
	ready = ask_file(s, f, p->events, table);
	file_put(f);
	return ready;
}

/* How many are ready. Once one is, there is no sleeping and so no need to be queued on the rest. */
static int look(struct poll_state *s, struct pollfd *fds, nfds_t nfds, struct poll_table *table)
{
	int ready = 0;

	for (nfds_t i = 0; i < nfds; i++) {
		fds[i].revents = ask(s, &fds[i], ready ? NULL : table);
		if (fds[i].revents)
			ready++;
	}
	return ready;
}

int poll_wait(struct pollfd *fds, nfds_t nfds, uint64_t deadline_ns)
{
	struct poll_state s;
	int ready;

	start(&s);
	ready = look(&s, fds, nfds, deadline_ns ? &s.table : NULL);
	while (!ready && !s.error && deadline_ns) {
		int ended = waiter_sleep(&s.waiter, deadline_ns);

		ready = look(&s, fds, nfds, NULL);
		if (ended == -EINTR)
			s.error = ended;
		if (ended)
			break;
	}
	finish(&s);
	return ready || !s.error ? ready : s.error;
}
