/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lock around lwIP and the network thread: it sleeps until a device's interrupt, or the next
 * timer, and then polls the devices and runs the timers. `events` counts wake-ups, so that one that
 * comes while the thread works is not lost: futex_wait() sees the change.
 */
#include "kernel/clock.h"
#include "kernel/log.h"
#include "kernel/mutex.h"
#include "kernel/thread.h"
#include "net/net.h"
#include "net/stack.h"
#include "lwip/init.h"

/* Frames taken from a device before timers and other devices have their turn. */
#define POLL_BUDGET 64

static struct mutex lock = MUTEX_INIT;
static atomic_uint events;
struct wait_queue net_ready = WAIT_QUEUE_INIT(net_ready);

void net_lock(void)
{
	mutex_lock(&lock);
}

static bool loopback_pending(void)
{
	struct netif *netif;

	NETIF_FOREACH(netif) {
		if (netif->loop_first != NULL)
			return true;
	}
	return false;
}

void net_unlock(void)
{
	while (loopback_pending())
		netif_poll_all();
	iface_kick_all();
	mutex_unlock(&lock);
}

static int wait(struct waiter *waiter, struct wait_queue *queue, bool (*ready)(void *), void *arg,
		uint64_t deadline_ns)
{
	int error = 0;

	wait_queue_add(queue, &waiter->entry);
	while (!ready(arg) && error == 0) {
		net_unlock();
		error = waiter_sleep(waiter, deadline_ns);
		net_lock();
	}
	wait_queue_remove(queue, &waiter->entry);
	return error;
}

int net_wait(struct wait_queue *queue, bool (*ready)(void *), void *arg, uint64_t deadline_ns)
{
	struct waiter waiter;

	waiter_init(&waiter);
	return wait(&waiter, queue, ready, arg, deadline_ns);
}

int net_wait_interruptible(struct wait_queue *queue, bool (*ready)(void *), void *arg,
			   uint64_t deadline_ns)
{
	struct waiter waiter;

	waiter_init(&waiter);
	waiter.interruptible = true;
	return wait(&waiter, queue, ready, arg, deadline_ns);
}

void net_thread_wake(void)
{
	atomic_fetch_add(&events, 1);
	futex_wake(&events, 1);
}

/*
 * A flood must not starve the app on a machine with one CPU: while a device has more than a
 * budget's worth of frames, the thread takes turns with the app's threads instead of going first.
 */
static void take_turns(bool busy)
{
	enum thread_priority wanted = busy ? PRIO_APP : PRIO_DEVICE;

	if (thread_current()->own_priority != wanted)
		thread_set_priority(thread_current(), wanted);
	if (busy)
		thread_yield();
}

static void network_thread(void *unused)
{
	(void)unused;
	for (;;) {
		unsigned seen = atomic_load(&events);
		uint64_t deadline_ns;
		bool more;

		net_lock();
		iface_follow_devices();
		more = iface_poll_all(POLL_BUDGET);
		deadline_ns = timers_run();
		net_unlock();
		take_turns(more);
		if (!more)
			futex_wait(&events, seen, deadline_ns);
	}
}

void net_start(void)
{
	net_lock();
	lwip_init();
	iface_start();
	config_start();
	iface_follow_devices();
	config_started();
	net_unlock();
	if (thread_create("net", PRIO_DEVICE, 0, network_thread, NULL) == NULL)
		log_err("net: no memory for the network thread: the network stays silent");
}
