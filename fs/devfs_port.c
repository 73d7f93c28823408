/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port (kernel/port.h) as a file: /dev/vport0p1, /dev/ttyS1; and /dev/virtio-ports, a directory
 * with what the host calls them. One opener at a time. While the host's side is closed, reading
 * ends, and writing waits, as in Linux.
 *
 * The caller's memory is not touched under the driver's locks: bytes go through pieces on the
 * stack.
 */
#include "fs/devfs.h"
#include "kernel/heap.h"
#include "kernel/port.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#define PIECE      512u
#define PORT_RDEV  (252u << 8) /* of the numbers for local use */

struct port_inode {
	struct inode inode;
	struct port *port;
};

static struct port *port_of(struct file *f)
{
	return container_of((struct inode *)f->data, struct port_inode, inode)->port;
}

static size_t piece_of(size_t len)
{
	return len < PIECE ? len : PIECE;
}

/* As much as is there. */
static ssize_t read_now(struct port *p, char *buf, size_t len)
{
	size_t done = 0;
	ssize_t n = 1;

	while (n > 0 && done < len) {
		char piece[PIECE];

		n = p->ops->read(p, piece, piece_of(len - done));
		if (n > 0)
			memcpy(buf + done, piece, (size_t)n);
		done += n > 0 ? (size_t)n : 0;
	}
	return done ? (ssize_t)done : n;
}

/* As much as fits. */
static ssize_t write_now(struct port *p, const char *buf, size_t len)
{
	size_t done = 0;
	ssize_t n = 1;

	while (n > 0 && done < len) {
		char piece[PIECE];

		memcpy(piece, buf + done, piece_of(len - done));
		n = p->ops->write(p, piece, piece_of(len - done));
		done += n > 0 ? (size_t)n : 0;
	}
	return done ? (ssize_t)done : n;
}

static bool may_wait(struct file *f)
{
	return !(atomic_load(&f->flags) & O_NONBLOCK);
}

static ssize_t port_read(struct file *f, void *buf, size_t len)
{
	struct port *p = port_of(f);
	ssize_t n;

	while (len && (n = read_now(p, buf, len)) == -EAGAIN) {
		if (!may_wait(f))
			return n;
		n = wait_event_interruptible(&p->readable, p->ops->read(p, NULL, 0) != -EAGAIN,
					     DEADLINE_NEVER);
		if (n < 0)
			return n;
	}
	return len ? n : 0;
}

static ssize_t port_write(struct file *f, const void *buf, size_t len)
{
	struct port *p = port_of(f);
	size_t done = 0;
	ssize_t n = 0;

	while (done < len) {
		n = write_now(p, (const char *)buf + done, len - done);
		done += n > 0 ? (size_t)n : 0;
		if (n == -EAGAIN && may_wait(f))
			n = wait_event_interruptible(&p->writable,
						     p->ops->write(p, NULL, 0) != -EAGAIN,
						     DEADLINE_NEVER);
		if (n < 0)
			break;
	}
	return done ? (ssize_t)done : n;
}

static short port_poll(struct file *f, struct poll_table *table)
{
	struct port *p = port_of(f);
	short ready = p->connected ? 0 : POLLHUP;

	if (table) {
		table->add(table, &p->readable);
		table->add(table, &p->writable);
	}
	if (p->ops->read(p, NULL, 0) != -EAGAIN)
		ready |= POLLIN | POLLRDNORM;
	if (p->ops->write(p, NULL, 0) != -EAGAIN)
		ready |= POLLOUT | POLLWRNORM;
	return ready;
}

static int port_stat(struct file *f, struct stat *st)
{
	return inode_stat(f->data, st);
}

static void port_close(struct file *f)
{
	port_release(port_of(f));
	inode_put(f->data);
}

static const struct file_ops port_file_ops = {
	.read = port_read,
	.write = port_write,
	.stat = port_stat,
	.poll = port_poll,
	.close = port_close,
};

static int port_open(struct inode *inode, unsigned flags, struct file **out)
{
	struct port *p = container_of(inode, struct port_inode, inode)->port;
	int error = port_claim(p, NULL, NULL);

	if (error)
		return error;
	*out = file_alloc(&port_file_ops, flags, inode);
	if (!*out) {
		port_release(p);
		return -ENOMEM;
	}
	inode_get(inode);
	return 0;
}

/* Nothing finds it by name again: every lookup makes its own. */
static void port_inode_release(struct inode *inode)
{
	kfree(container_of(inode, struct port_inode, inode));
}

static const struct inode_ops port_inode_ops = {
	.open = port_open,
	.release = port_inode_release,
};

/* --- finding them: by their names in /dev, by what the host calls them in /dev/virtio-ports --- */

static const char *name_in(bool by_alias, const struct port *p)
{
	return by_alias ? p->alias : p->name;
}

/* Looks for the one of a name, or counts down to the wanted one. */
struct search {
	bool by_alias;
	const char *name;
	size_t len;
	off_t left;
	struct port *found;
};

static void look_at(struct port *p, void *arg)
{
	struct search *s = arg;
	const char *name = name_in(s->by_alias, p);
	bool is_it = s->name ? strlen(name) == s->len && !memcmp(name, s->name, s->len)
			     : *name && s->left-- == 0;

	if (is_it && !s->found)
		s->found = p;
}

int devfs_port_lookup(struct inode *dir, bool by_alias, const char *name, size_t len,
		      struct inode **out)
{
	struct search s = { .by_alias = by_alias, .name = name, .len = len };
	struct port_inode *i;

	if (len)
		port_for_each(look_at, &s);
	if (!s.found)
		return -ENOENT;
	i = kmalloc(sizeof *i);
	if (!i)
		return -ENOMEM;
	inode_init(&i->inode, dir->sb, &port_inode_ops, DEVFS_INO_PORT, S_IFCHR | 0600);
	i->inode.rdev = PORT_RDEV;
	i->port = s.found;
	*out = &i->inode;
	return 0;
}

bool devfs_port_read(off_t index, bool by_alias, struct vfs_dirent *out)
{
	struct search s = { .by_alias = by_alias, .left = index };

	port_for_each(look_at, &s);
	if (!s.found)
		return false;
	out->ino = DEVFS_INO_PORT;
	out->type = S_IFCHR >> 12;
	strcpy(out->name, name_in(by_alias, s.found));
	return true;
}
