/* SPDX-License-Identifier: BSD-2-Clause */
/* Network devices: their names, the list of them, and who has them. */
#include "kernel/netdev.h"
#include "kernel/mutex.h"
#include "kernel/printf.h"
#include <string.h>

static struct list devices = LIST_INIT(devices);
static struct mutex lock = MUTEX_INIT;

void (*netdev_tap)(struct netdev *, bool out, const struct sg *, unsigned n);
void (*_Atomic netdev_changed)(void);

static bool name_taken(const char *name)
{
	list_for_each(n, &devices)
		if (strcmp(container_of(n, struct netdev, node)->name, name) == 0)
			return true;
	return false;
}

static void tell(void)
{
	void (*changed)(void) = netdev_changed;

	if (changed)
		changed();
}

void netdev_register(struct netdev *d)
{
	unsigned i = 0;

	mutex_lock(&lock);
	do
		ksnprintf(d->name, sizeof d->name, "eth%u", i++);
	while (name_taken(d->name));
	list_push_back(&devices, &d->node);
	mutex_unlock(&lock);
}

void netdev_ready(struct netdev *d)
{
	mutex_lock(&lock);
	d->state = NETDEV_READY;
	mutex_unlock(&lock);
	tell();
}

/* The name is free from here on: the card that comes next may be a new eth0. */
bool netdev_unregister(struct netdev *d)
{
	bool taken;

	mutex_lock(&lock);
	list_remove(&d->node);
	d->gone = true;
	taken = d->state == NETDEV_TAKEN;
	mutex_unlock(&lock);
	tell();
	return taken;
}

struct netdev *netdev_take(void)
{
	struct netdev *found = NULL;

	mutex_lock(&lock);
	list_for_each(n, &devices) {
		found = container_of(n, struct netdev, node);
		if (found->state == NETDEV_READY)
			break;
		found = NULL;
	}
	if (found)
		found->state = NETDEV_TAKEN;
	mutex_unlock(&lock);
	return found;
}

void netdev_drop(struct netdev *d)
{
	bool gone;

	mutex_lock(&lock);
	d->state = NETDEV_DROPPED;
	gone = d->gone;
	mutex_unlock(&lock);
	if (gone)
		d->release(d);
}

void netdev_for_each(void (*visit)(struct netdev *, void *arg), void *arg)
{
	mutex_lock(&lock);
	list_for_each(n, &devices)
		visit(container_of(n, struct netdev, node), arg);
	mutex_unlock(&lock);
}

const struct list *netdev_list(void)
{
	return &devices;
}
