/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses, routes and name servers from ip=. All under net_lock.
 *
 * A static address stands before main() runs. A lease comes while the app runs; what needs a route
 * before that waits on net_ready, but not for ever: a network without a DHCP server must not hang
 * the app, so after LEASE_WAIT_NS calls fail at once until a lease does come.
 */
#include "kernel/clock.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "kernel/printf.h"
#include "net/ip_param.h"
#include "net/stack.h"
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include <string.h>

/* lwIP asks for a lease at 0, 2, 6 and 14 seconds: four chances. */
#define LEASE_WAIT_NS 15000000000ull

static const char *ip_text;
PARAM_STRING("ip", ip_text);

static struct ip_param ip;
static bool usable;                     /* ip= could be read */
static uint32_t last_address;           /* of the interface below, in the log */
static struct netif *configured;        /* the interface that ip= is about, NULL: none */
static uint64_t lease_deadline_ns = DEADLINE_NEVER;

bool config_pending(void)
{
	return lease_deadline_ns != DEADLINE_NEVER;
}

uint64_t config_deadline(void)
{
	return lease_deadline_ns;
}

const char *config_hostname(void)
{
	return ip.hostname;
}

static void stop_waiting(void)
{
	lease_deadline_ns = DEADLINE_NEVER;
	tcp_connect_resume();
	wait_queue_wake(&net_ready);
}

void config_expire(uint64_t now_ns)
{
	if (now_ns < lease_deadline_ns)
		return;
	log_warn("%s: no DHCP server has answered yet: connections fail until one does",
		 iface_name(configured));
	stop_waiting();
}

/* Appends to a log line; a line that is too long is cut. */
static void append(char *line, size_t size, const char *what, uint32_t address)
{
	size_t len = strlen(line);
	const uint8_t *b = (const uint8_t *)&address;

	if (address != 0)
		ksnprintf(line + len, size - len, "%s%u.%u.%u.%u", what, b[0], b[1], b[2], b[3]);
}

static unsigned prefix_length(uint32_t netmask)
{
	unsigned bits = 0;

	for (; netmask != 0; netmask &= netmask - 1)
		bits++;
	return bits;
}

static void log_address(struct netif *netif)
{
	char line[LOG_LINE_MAX] = "";
	uint32_t netmask = ip4_addr_get_u32(netif_ip4_netmask(netif));

	append(line, sizeof(line), "", ip4_addr_get_u32(netif_ip4_addr(netif)));
	ksnprintf(line + strlen(line), sizeof(line) - strlen(line), "/%u", prefix_length(netmask));
	append(line, sizeof(line), " gateway ", ip4_addr_get_u32(netif_ip4_gw(netif)));
	for (u8_t i = 0; i < DNS_MAX_SERVERS; i++)
		append(line, sizeof(line), " dns ", ip_addr_get_ip4_u32(dns_getserver(i)));
	log_info("%s: %s (%s)", iface_name(netif), line, ip.method == IP_DHCP ? "dhcp" : "static");
}

/* Name servers on the command line come before what the lease says. */
static void set_name_servers(void)
{
	for (u8_t i = 0; i < 2; i++) {
		ip_addr_t server = IPADDR4_INIT(ip.dns[i]);

		if (ip.dns[i] != 0)
			dns_setserver(i, &server);
	}
}

/* lwIP's status callback: an address came, changed or went. */
void config_address_changed(struct netif *netif)
{
	uint32_t now = ip4_addr_get_u32(netif_ip4_addr(netif));

	if (netif != configured || now == last_address)
		return;
	last_address = now;
	if (now == 0) {
		log_warn("%s: the DHCP lease is lost", iface_name(netif));
		return;
	}
	set_name_servers();
	log_address(netif);
	stop_waiting();
}

static void start_static(struct netif *netif)
{
	ip4_addr_t address = { ip.address }, netmask = { ip.netmask }, gateway = { ip.gateway };

	netif_set_addr(netif, &address, &netmask, &gateway);
}

static void start_dhcp(struct netif *netif)
{
	if (dhcp_start(netif) != ERR_OK) {
		log_err("%s: no memory for DHCP: no address", iface_name(netif));
		return;
	}
	lease_deadline_ns = clock_now_ns() + LEASE_WAIT_NS;
}

static void configure(struct netif *netif)
{
	configured = netif;
	last_address = 0;
	if (ip.method == IP_NONE) {
		log_info("%s: no address (give one: ip=ADDRESS::GATEWAY:NETMASK, or ip=dhcp)",
			 iface_name(netif));
		return;
	}
	netif_set_default(netif);
	if (ip.hostname[0] != '\0')
		netif_set_hostname(netif, ip.hostname);
	set_name_servers();
	(ip.method == IP_STATIC ? start_static : start_dhcp)(netif);
}

void config_choose(void)
{
	struct netif *netif = usable && configured == NULL ? iface_find(ip.device) : NULL;

	if (netif != NULL)
		configure(netif);
}

/*
 * Its name servers were those of its network. Connects that wait for its lease fail, unless another
 * interface has a route for them.
 */
void config_forget(struct netif *netif)
{
	if (netif != configured)
		return;
	configured = NULL;
	dhcp_release_and_stop(netif);
	dhcp_cleanup(netif);
	for (u8_t i = 0; i < DNS_MAX_SERVERS; i++)
		dns_setserver(i, NULL);
	stop_waiting();
}

void config_start(void)
{
	const char *problem = ip_text ? ip_param_parse(ip_text, &ip) : NULL;

	usable = problem == NULL;
	if (problem)
		log_err("ip=%s: %s; the network stays without an address", ip_text, problem);
}

/* Cards may still come. */
void config_started(void)
{
	if (ip_text && usable && configured == NULL)
		log_warn("ip=%s: there is no network device%s%s yet", ip_text,
			 ip.device[0] ? " " : "", ip.device);
}
