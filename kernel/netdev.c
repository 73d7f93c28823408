/* SPDX-License-Identifier: BSD-2-Clause */
/* Network devices: their names and the list of them. */
#include "kernel/netdev.h"
#include "kernel/printf.h"
#include "kernel/spinlock.h"
#include <string.h>

static struct list devices = LIST_INIT(devices);
static struct spinlock lock = SPINLOCK_INIT;

void (*netdev_tap)(struct netdev *, bool out, const struct sg *, unsigned n);

static bool name_taken(const char *name)
{
	list_for_each(n, &devices)
		if (strcmp(container_of(n, struct netdev, node)->name, name) == 0)
			return true;
	return false;
}

void netdev_register(struct netdev *d)
{
	irq_state s = spin_lock(&lock);
	unsigned i = 0;

	do
		ksnprintf(d->name, sizeof d->name, "eth%u", i++);
	while (name_taken(d->name));
	list_push_back(&devices, &d->node);
	spin_unlock(&lock, s);
}

void netdev_unregister(struct netdev *d)
{
	irq_state s = spin_lock(&lock);

	list_remove(&d->node);
	spin_unlock(&lock, s);
}

/* Takes no lock: visit may sleep. Devices come while booting, before the network starts. */
void netdev_for_each(void (*visit)(struct netdev *, void *arg), void *arg)
{
	list_for_each(n, &devices)
		visit(container_of(n, struct netdev, node), arg);
}

const struct list *netdev_list(void)
{
	return &devices;
}
