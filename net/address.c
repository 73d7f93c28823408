/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the BSD address structs and lwIP's addresses, and lwIP's errors and errno. */
#include "net/socket.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

int endpoint_from_sockaddr(struct endpoint *e, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in in;

	if (addr == NULL || len < sizeof(addr->sa_family))
		return -EINVAL;
	if (addr->sa_family != AF_INET)
		return -EAFNOSUPPORT;
	if (len < sizeof(in))
		return -EINVAL;
	memcpy(&in, addr, sizeof(in));
	ip_addr_set_ip4_u32(&e->addr, in.sin_addr.s_addr);
	e->port = ntohs(in.sin_port);
	return 0;
}

void endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr *addr, socklen_t *len)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(e->port),
		.sin_addr.s_addr = ip_addr_get_ip4_u32(&e->addr),
	};

	memcpy(addr, &in, *len < sizeof(in) ? *len : sizeof(in));
	*len = sizeof(in);
}

int endpoint_check_local(const struct endpoint *e)
{
	const ip4_addr_t *addr = ip_2_ip4(&e->addr);
	struct netif *netif;

	if (ip4_addr_isany(addr))
		return 0;
	NETIF_FOREACH(netif) {
		if (ip4_addr_eq(addr, netif_ip4_addr(netif)) || ip4_addr_isbroadcast(addr, netif))
			return 0;
	}
	return -EADDRNOTAVAIL;
}

void endpoint_fix_destination(struct endpoint *e)
{
	if (ip_addr_isany(&e->addr))
		ip_addr_set_loopback(0, &e->addr);
}

int net_errno(err_t error)
{
	switch (error) {
	case ERR_OK:         return 0;
	case ERR_MEM:        return -ENOBUFS;
	case ERR_BUF:        return -EADDRNOTAVAIL; /* no port is free */
	case ERR_TIMEOUT:    return -ETIMEDOUT;
	case ERR_RTE:        return -ENETUNREACH;
	case ERR_INPROGRESS: return -EINPROGRESS;
	case ERR_VAL:        return -EINVAL;
	case ERR_WOULDBLOCK: return -EAGAIN;
	case ERR_USE:        return -EADDRINUSE;
	case ERR_ALREADY:    return -EALREADY;
	case ERR_ISCONN:     return -EISCONN;
	case ERR_CONN:       return -ENOTCONN;
	case ERR_IF:         return -ENETDOWN;
	case ERR_ABRT:       return -ETIMEDOUT;     /* lwIP gave up retransmitting */
	case ERR_RST:        return -ECONNRESET;
	case ERR_CLSD:       return -ENOTCONN;
	default:             return -EIO;
	}
}
