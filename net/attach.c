/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network devices come and go, while booting and later. Under net_lock.
 *
 * A device that has gone leaves lwIP at once, and with it go its address and the connections that
 * were made from there. But received data that nobody has read yet still lies in the device's
 * buffers: it is let go of, and its memory freed, when the last of them has come back.
 */
#include "kernel/heap.h"
#include "kernel/log.h"
#include "net/iface.h"
#include "net/socket.h"
#include <stdatomic.h>

static atomic_bool changed = true; /* devices are ready or gone, or a last buffer came back */
static struct list leaving = LIST_INIT(leaving);
bool iface_removing;

static void devices_changed(void)
{
	changed = true;
	net_thread_wake();
}

void iface_returned(struct iface *iface)
{
	(void)iface;
	devices_changed();
}

/* --- Coming --- */

static void bring_up(struct iface *iface)
{
	netif_set_status_callback(&iface->netif, config_address_changed);
	if (iface->dev->link_up)
		netif_set_link_up(&iface->netif);
	netif_set_up(&iface->netif);
}

static int start(struct iface *iface)
{
	int error;

	netif_add_noaddr(&iface->netif, iface, iface_init, netif_input);
	error = iface->dev->start(iface->dev);
	if (error < 0) {
		log_err("%s: does not start (error %d): it stays unused", iface->dev->name, -error);
		netif_remove(&iface->netif);
	}
	return error;
}

static void attach(struct netdev *dev)
{
	struct iface *iface = kzalloc(sizeof(*iface));

	if (iface == NULL) {
		log_err("%s: no memory for the interface: it stays unused", dev->name);
		netdev_drop(dev);
		return;
	}
	iface_connect(iface, dev);
	if (start(iface) == 0) {
		bring_up(iface);
		return;
	}
	kfree(iface);
	netdev_drop(dev);
}

/* --- Going --- */

/*
 * What lwIP aborts meanwhile, it aborts for that. The last poll brings back what was to be sent;
 * then all who waited for room, or for an address, look again.
 */
static void detach(struct iface *iface)
{
	struct netif *netif = &iface->netif;

	log_info("%s: has gone, with its addresses and connections", iface->dev->name);
	iface_removing = true;
	udp_sockets_lose(netif);
	config_forget(netif);
	netif_remove(netif);
	iface_removing = false;
	iface->dev->poll(iface->dev, 0);
	iface->leaving = true;
	list_push_back(&leaving, &iface->node);
	wait_queue_wake(&net_ready);
}

static struct iface *next_gone(void)
{
	struct netif *netif;

	NETIF_FOREACH(netif) {
		struct iface *iface = iface_from(netif);

		if (iface != NULL && iface->dev->gone)
			return iface;
	}
	return NULL;
}

static void free_returned(void)
{
	struct list *next;

	for (struct list *n = leaving.next; n != &leaving; n = next) {
		struct iface *iface = container_of(n, struct iface, node);

		next = n->next;
		if (iface->borrowed != 0)
			continue;
		list_remove(n);
		netdev_drop(iface->dev);
		kfree(iface);
	}
}

/* Those that went first: the card that came may have the name of one. */
void iface_follow_devices(void)
{
	struct netdev *dev;
	struct iface *iface;

	if (!atomic_exchange(&changed, false))
		return;
	while ((iface = next_gone()) != NULL)
		detach(iface);
	free_returned();
	while ((dev = netdev_take()) != NULL)
		attach(dev);
	config_choose();
}

void iface_start(void)
{
	/*
	 * The loopback interface is all there is so far: what never leaves memory needs no
	 * checksum.
	 */
	NETIF_SET_CHECKSUM_CTRL(netif_list, NETIF_CHECKSUM_DISABLE_ALL);
	netdev_changed = devices_changed;
}
