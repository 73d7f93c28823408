/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwIP's timers, in place of its timeouts.c: each knows when it is needed, so that an idle machine
 * takes no timer interrupt. Runs under net_lock in the network thread; whoever starts a timer that
 * rested wakes that thread.
 *
 * What ages with traffic (ARP entries, half-assembled datagrams, DNS answers) is aged once a second
 * while there is traffic and for QUIET_TICKS after it, by when all that was started has ended; the
 * next frame makes up for the time between.
 */
#include "kernel/clock.h"
#include "net/stack.h"
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/ip4_frag.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"

#define NS_PER_MS    1000000ull
#define AGE_TICK_MS  1000
#define QUIET_TICKS  60
#define DNS_TTL_MAX  604800 /* seconds; lwIP keeps no answer longer */

/*
 * TIME_WAIT is a courtesy to late segments; thousands of them would cost memory and a walk for
 * every connection request.
 */
#define TIME_WAIT_MAX 1024

#define RTO_MAX_MS 60000 /* RFC 6298, 2.5: no less */

struct timer_slot {
	unsigned interval_ms;
	bool (*needed)(void);
	void (*run)(void);
	uint64_t due_ns;     /* 0: at rest */
};

static bool traffic = true;
static unsigned quiet_ticks;
static uint64_t rested_since_ns; /* 0: the age timer runs */

u32_t sys_now(void)
{
	return (u32_t)(clock_now_ns() / NS_PER_MS);
}

static bool tcp_needed(void)
{
	return tcp_active_pcbs != NULL || tcp_tw_pcbs != NULL;
}

/* The list's head is the youngest. */
static void trim_time_wait(void)
{
	struct tcp_pcb *pcb = tcp_tw_pcbs;

	for (unsigned i = 1; pcb != NULL && i < TIME_WAIT_MAX; i++)
		pcb = pcb->next;
	while (pcb != NULL && pcb->next != NULL)
		tcp_abort(pcb->next);
}

/* lwIP doubles without an end: a dead peer's connection would keep its memory for hours. */
static void bound_retransmission(void)
{
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
		if (pcb->rto > RTO_MAX_MS / TCP_SLOW_INTERVAL)
			pcb->rto = RTO_MAX_MS / TCP_SLOW_INTERVAL;
	}
}

static void tcp_run(void)
{
	tcp_tmr();
	bound_retransmission();
	trim_time_wait();
}

static bool dhcp_any(bool (*holds)(const struct dhcp *))
{
	struct netif *netif;

	NETIF_FOREACH(netif) {
		struct dhcp *dhcp = netif_dhcp_data(netif);

		if (dhcp != NULL && holds(dhcp))
			return true;
	}
	return false;
}

static bool dhcp_started(const struct dhcp *dhcp)
{
	return dhcp->state != 0;
}

static bool dhcp_asks(const struct dhcp *dhcp)
{
	return dhcp->request_timeout != 0;
}

static bool dhcp_coarse_needed(void)
{
	return dhcp_any(dhcp_started);
}

static bool dhcp_fine_needed(void)
{
	return dhcp_any(dhcp_asks);
}

static bool age_needed(void)
{
	return quiet_ticks < QUIET_TICKS;
}

static void age_run(void)
{
	quiet_ticks = traffic ? 0 : quiet_ticks + 1;
	traffic = false;
	etharp_tmr();
	ip_reass_tmr();
	dns_tmr();
	if (!age_needed())
		rested_since_ns = clock_now_ns();
}

static struct timer_slot slots[] = {
	{ TCP_TMR_INTERVAL, tcp_needed, tcp_run, 0 },
	{ DHCP_FINE_TIMER_MSECS, dhcp_fine_needed, dhcp_fine_tmr, 0 },
	{ DHCP_COARSE_TIMER_MSECS, dhcp_coarse_needed, dhcp_coarse_tmr, 0 },
	{ AGE_TICK_MS, age_needed, age_run, 0 },
};

void timers_touch(void)
{
	uint64_t missed_ticks;

	traffic = true;
	if (rested_since_ns == 0)
		return;
	missed_ticks = (clock_now_ns() - rested_since_ns) / (AGE_TICK_MS * NS_PER_MS);
	rested_since_ns = 0;
	quiet_ticks = 0;
	for (uint64_t i = 0; i < missed_ticks && i < ARP_MAXAGE; i++)
		etharp_tmr();
	for (uint64_t i = 0; i < missed_ticks && i < DNS_TTL_MAX; i++)
		dns_tmr();
	net_thread_wake();
}

/* lwIP calls this whenever a connection begins to exist. */
void tcp_timer_needed(void)
{
	if (slots[0].due_ns == 0)
		net_thread_wake();
}

/*
 * Runs a slot when it is due and says when it wants to run next. A late tick is not made up for:
 * that would be a burst.
 */
static uint64_t slot_run(struct timer_slot *slot, uint64_t now_ns)
{
	uint64_t interval_ns = slot->interval_ms * NS_PER_MS;

	if (slot->due_ns != 0 && slot->due_ns <= now_ns) {
		slot->run();
		slot->due_ns += interval_ns;
		if (slot->due_ns <= now_ns)
			slot->due_ns = now_ns + interval_ns;
	}
	if (!slot->needed())
		slot->due_ns = 0;
	else if (slot->due_ns == 0)
		slot->due_ns = now_ns + interval_ns;
	return slot->due_ns ? slot->due_ns : DEADLINE_NEVER;
}

uint64_t timers_run(void)
{
	uint64_t now_ns = clock_now_ns(), next_ns;

	config_expire(now_ns);
	next_ns = config_deadline();
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		uint64_t due_ns = slot_run(&slots[i], now_ns);

		if (due_ns < next_ns)
			next_ns = due_ns;
	}
	return next_ns;
}
