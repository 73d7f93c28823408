/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIOCGIF*: what programs ask about the interfaces (netdevice(7)). Read-only: ip= configures. Under
 * net_lock.
 */
#include "net/socket.h"
#include "lwip/netif.h"
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#define ARPHRD_ETHER    1
#define ARPHRD_LOOPBACK 772

static void put_address(struct sockaddr *to, uint32_t address)
{
	struct endpoint e = { .port = 0 };
	socklen_t len = sizeof(*to);

	ip_addr_set_ip4_u32(&e.addr, address);
	endpoint_to_sockaddr(&e, to, &len);
}

static bool is_loopback(const struct netif *netif)
{
	return ip4_addr_isloopback(netif_ip4_addr(netif));
}

static short flags(const struct netif *netif)
{
	short f = 0;

	if (netif_is_up(netif))
		f |= IFF_UP;
	if (netif_is_link_up(netif))
		f |= IFF_RUNNING;
	if (netif->flags & NETIF_FLAG_BROADCAST)
		f |= IFF_BROADCAST;
	return is_loopback(netif) ? f | IFF_LOOPBACK : f;
}

static void put_hwaddr(struct sockaddr *to, const struct netif *netif)
{
	memset(to, 0, sizeof(*to));
	to->sa_family = is_loopback(netif) ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	memcpy(to->sa_data, netif->hwaddr, netif->hwaddr_len);
}

static int get_address(uint32_t address, struct sockaddr *to)
{
	put_address(to, address);
	return address ? 0 : -EADDRNOTAVAIL;
}

static int get_one(const struct netif *netif, unsigned long request, struct ifreq *req)
{
	uint32_t address = ip4_addr_get_u32(netif_ip4_addr(netif));
	uint32_t netmask = ip4_addr_get_u32(netif_ip4_netmask(netif));

	switch (request) {
	case SIOCGIFFLAGS:   req->ifr_flags = flags(netif); return 0;
	case SIOCGIFADDR:    return get_address(address, &req->ifr_addr);
	case SIOCGIFBRDADDR: put_address(&req->ifr_broadaddr, address | ~netmask); return 0;
	case SIOCGIFNETMASK: put_address(&req->ifr_netmask, netmask); return 0;
	case SIOCGIFMTU:     req->ifr_mtu = is_loopback(netif) ? 65535 : netif->mtu; return 0;
	case SIOCGIFHWADDR:  put_hwaddr(&req->ifr_hwaddr, netif); return 0;
	case SIOCGIFINDEX:   req->ifr_ifindex = netif_get_index(netif); return 0;
	default:             return -ENOTTY;
	}
}

static int get_by_name(unsigned long request, struct ifreq *req)
{
	struct netif *netif;

	req->ifr_name[IFNAMSIZ - 1] = '\0';
	netif = req->ifr_name[0] ? iface_find(req->ifr_name) : NULL;
	return netif ? get_one(netif, request, req) : -ENODEV;
}

static int get_name(struct ifreq *req)
{
	struct netif *netif = netif_get_by_index((u8_t)req->ifr_ifindex);

	if (netif == NULL || req->ifr_ifindex > UINT8_MAX)
		return -ENODEV;
	strncpy(req->ifr_name, iface_name(netif), IFNAMSIZ - 1);
	return 0;
}

/* Lists the interfaces that have an address; without a buffer, says how long the list is. */
static int get_all(struct ifconf *conf)
{
	int room = conf->ifc_req ? conf->ifc_len / (int)sizeof(struct ifreq) : 0, n = 0;
	struct netif *netif;

	NETIF_FOREACH(netif) {
		struct ifreq req = { 0 };

		if (ip4_addr_isany(netif_ip4_addr(netif)) || (conf->ifc_req && n == room))
			continue;
		strncpy(req.ifr_name, iface_name(netif), IFNAMSIZ - 1);
		put_address(&req.ifr_addr, ip4_addr_get_u32(netif_ip4_addr(netif)));
		if (conf->ifc_req)
			conf->ifc_req[n] = req;
		n++;
	}
	conf->ifc_len = n * (int)sizeof(struct ifreq);
	return 0;
}

int iface_ioctl(unsigned long request, void *arg)
{
	switch (request) {
	case SIOCGIFCONF: return get_all(arg);
	case SIOCGIFNAME: return get_name(arg);
	default:          return get_by_name(request, arg);
	}
}
