/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names to addresses: our own name, localhost, and DNS. */
#include "net/net.h"
#include "net/stack.h"
#include "lwip/dns.h"
#include "kernel/clock.h"
#include <errno.h>
#include <string.h>

#define NS_PER_S 1000000000ull

/*
 * lwIP asks each server four times, one to three seconds apart; an answer that there is no such
 * name comes at once, one that never comes later than this.
 */
#define UNANSWERED_NS (4 * NS_PER_S)

/* On the caller's stack: it stays until lwIP has called back. */
struct query {
	struct wait_queue done_queue;
	bool done;
	ip_addr_t address; /* any: not found */
};

static void on_found(const char *name, const ip_addr_t *address, void *arg)
{
	struct query *query = arg;

	(void)name;
	query->address = address ? *address : *IP4_ADDR_ANY;
	query->done = true;
	wait_queue_wake(&query->done_queue);
}

static bool is_done(void *arg)
{
	return ((struct query *)arg)->done;
}

static bool configured(void *unused)
{
	(void)unused;
	return !config_pending();
}

/*
 * lwIP always calls back, at the latest after its last try, so this needs no deadline of its own.
 */
static int ask(const char *host, uint32_t *address)
{
	struct query query = { .done = false };
	uint64_t start_ns = clock_now_ns();
	err_t error;

	wait_queue_init(&query.done_queue);
	error = dns_gethostbyname(host, &query.address, on_found, &query);
	if (error == ERR_INPROGRESS)
		net_wait(&query.done_queue, is_done, &query, DEADLINE_NEVER);
	else if (error != ERR_OK)
		return error == ERR_MEM ? -EAGAIN : -ENOENT;
	if (!ip_addr_isany(&query.address)) {
		*address = ip_addr_get_ip4_u32(&query.address);
		return 1;
	}
	return clock_now_ns() - start_ns < UNANSWERED_NS ? -ENOENT : -ETIMEDOUT;
}

static bool is_local(const char *host)
{
	const char *own = config_hostname();

	return strcmp(host, "localhost") == 0 || (own[0] != '\0' && strcmp(host, own) == 0);
}

static bool have_server(void)
{
	return !ip_addr_isany(dns_getserver(0)) || !ip_addr_isany(dns_getserver(1));
}

static int resolve(const char *host, uint32_t *address)
{
	if (is_local(host)) {
		*address = PP_HTONL(IPADDR_LOOPBACK);
		return 1;
	}
	if (config_pending()) /* which ends by itself, lease or not */
		net_wait(&net_ready, configured, NULL, DEADLINE_NEVER);
	return have_server() ? ask(host, address) : -ENETDOWN;
}

/* lwIP keeps one address per name. */
int net_resolve(const char *host, uint32_t *addresses, unsigned max)
{
	int n;

	if (max == 0)
		return 0;
	net_lock();
	n = resolve(host, addresses);
	net_unlock();
	return n;
}
