/* SPDX-License-Identifier: BSD-2-Clause */
/* Network interfaces: what the SIOCGIF* requests of <sys/ioctl.h> carry. */
#pragma once

#include <sys/socket.h>

#define IF_NAMESIZE	16
#define IFNAMSIZ	IF_NAMESIZE

#define IFF_UP		0x0001
#define IFF_BROADCAST	0x0002
#define IFF_LOOPBACK	0x0008
#define IFF_RUNNING	0x0040
#define IFF_MULTICAST	0x1000

struct ifreq {
	char ifr_name[IFNAMSIZ];
	union {
		struct sockaddr ifr_addr;
		struct sockaddr ifr_broadaddr;
		struct sockaddr ifr_netmask;
		struct sockaddr ifr_hwaddr;
		short ifr_flags;
		int ifr_ifindex;
		int ifr_mtu;
	} ifr_ifru;
#define ifr_addr	ifr_ifru.ifr_addr
#define ifr_broadaddr	ifr_ifru.ifr_broadaddr
#define ifr_netmask	ifr_ifru.ifr_netmask
#define ifr_hwaddr	ifr_ifru.ifr_hwaddr
#define ifr_flags	ifr_ifru.ifr_flags
#define ifr_ifindex	ifr_ifru.ifr_ifindex
#define ifr_mtu		ifr_ifru.ifr_mtu
};

struct ifconf {
	int ifc_len; /* bytes, in and out */
	union {
		char *ifcu_buf;
		struct ifreq *ifcu_req;
	} ifc_ifcu;
#define ifc_buf ifc_ifcu.ifcu_buf
#define ifc_req ifc_ifcu.ifcu_req
};

__BEGIN_DECLS
unsigned if_nametoindex(const char *name);
char *if_indextoname(unsigned index, char *name);
__END_DECLS
