/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the files of net/ meet. lwIP (NO_SYS) and everything declared here is guarded by one mutex,
 * net_lock; functions that take it themselves say so. Whoever holds it runs the stack: a socket
 * call in the app's thread, the network thread for frames and timers.
 */
#pragma once

#include "kernel/futex.h"
#include "kernel/wait.h"
#include "lwip/netif.h"
#include <stdbool.h>
#include <stdint.h>

struct netdev;

/*
 * thread.c. Unlocking delivers what the stack has sent to itself and kicks the devices that were
 * given frames.
 */
void net_lock(void);
void net_unlock(void);
void net_thread_wake(void);  /* callable from interrupt handlers, without the lock */

/*
 * Woken when something that held up every socket is over: a transmit ring has room again, an
 * address has been configured, or waiting for one has ended.
 */
extern struct wait_queue net_ready;

/* Sleeps, without the lock, until queue is woken and ready(arg) holds. 0 or -ETIMEDOUT. */
int net_wait(struct wait_queue *queue, bool (*ready)(void *arg), void *arg, uint64_t deadline_ns);
int net_wait_interruptible(struct wait_queue *queue, bool (*ready)(void *arg), void *arg,
			   uint64_t deadline_ns); /* -EINTR too: see thread_interrupt() */

/* timers.c: lwIP's timers. Returns when the next one is due. */
uint64_t timers_run(void);
void timers_touch(void);     /* there was traffic: what ages with it has to age again */

/* attach.c: network devices come and go. */
void iface_start(void);
void iface_follow_devices(void);
extern bool iface_removing;             /* what lwIP ends now was on a device that has gone */

/* iface.c: network devices at work. */
bool iface_poll_all(unsigned budget);   /* true: a device has more */
void iface_kick_all(void);
bool iface_stalled(void);               /* a transmit ring is full */
const char *iface_name(const struct netif *);                    /* "eth0", "lo" */
struct netif *iface_find(const char *device);                    /* "": the first device */

/* config.c: addresses from ip=. */
void config_start(void);
void config_started(void);              /* every device of the boot is attached */
void config_choose(void);               /* ip= is about the first interface that it fits */
void config_forget(struct netif *);     /* it goes */
void config_address_changed(struct netif *);
bool config_pending(void);              /* a lease may come: wait on net_ready for a route */
uint64_t config_deadline(void);         /* until when; DEADLINE_NEVER: nothing is pending */
void config_expire(uint64_t now_ns);    /* ends the waiting once the deadline has passed */
const char *config_hostname(void);      /* "": not known */

/* tcp_connect.c: starts the connects that waited for a route. */
void tcp_connect_resume(void);
