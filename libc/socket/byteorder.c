/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions behind the macros of <netinet/in.h>, for whoever takes their address. */
#include <netinet/in.h>

uint32_t (htonl)(uint32_t host)
{
	return __htonl(host);
}

uint16_t (htons)(uint16_t host)
{
	return __htons(host);
}

uint32_t (ntohl)(uint32_t net)
{
	return __ntohl(net);
}

uint16_t (ntohs)(uint16_t net)
{
	return __ntohs(net);
}

const struct in6_addr in6addr_any = IN6ADDR_ANY_INIT;
const struct in6_addr in6addr_loopback = IN6ADDR_LOOPBACK_INIT;
