/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwIP 2.2.1 as Thimble wants it. Each option is described in lwip/opt.h; the reasons for our
 * choices are here.
 */
#pragma once

#include "kernel/heap.h"

/*
 * One lock (net_lock) around all of lwIP instead of a thread and mailboxes: a socket call runs the
 * stack itself.
 */
#define NO_SYS                          1
#define SYS_LIGHTWEIGHT_PROT            0
#define LWIP_NETCONN                    0
#define LWIP_SOCKET                     0

/* Timers are net/timers.c: they rest when nothing needs them, and say so when somebody does. */
#define LWIP_TIMERS                     0

/*
 * Everything comes from the kernel's heap: nothing is set aside before it is used, and devices can
 * read it in place (1:1 memory).
 */
#define MEM_CUSTOM_ALLOCATOR            1
#define MEM_CUSTOM_MALLOC               kmalloc
#define MEM_CUSTOM_FREE                 kfree
#define MEM_CUSTOM_CALLOC(n, size)      kzalloc((size_t)(n) * (size))
#define MEMP_MEM_MALLOC                 1
#define MEM_ALIGNMENT                   16

/* Received frames stay in the device's buffers until they have been read. */
#define LWIP_SUPPORT_CUSTOM_PBUF        1

#define LWIP_IPV4                       1
#define LWIP_IPV6                       0
#define ARP_TABLE_SIZE                  32
#define ARP_QUEUEING                    1
#define ARP_QUEUE_LEN                   16
#define IP_FORWARD                      0
#define IP_REASSEMBLY                   1
#define IP_REASS_MAX_PBUFS              64 /* the largest datagram has 45 fragments */
#define IP_FRAG                         1
#define IP_DEFAULT_TTL                  64
#define ICMP_TTL                        64
#define IP_SOF_BROADCAST                1
#define LWIP_RAW                        1
#define LWIP_HAVE_LOOPIF                1
#define LWIP_NETIF_LOOPBACK             1
#define LWIP_NETIF_HOSTNAME             1
#define LWIP_NETIF_STATUS_CALLBACK      1

/*
 * A lease is used at once: probing for the address first would hold up the app for seconds (RFC
 * 2131 4.4.1 says SHOULD).
 */
#define LWIP_DHCP                       1
#define LWIP_DHCP_DOES_ACD_CHECK        0
#define LWIP_ACD                        0
#define LWIP_AUTOIP                     0
#define LWIP_IGMP                       0
#define LWIP_DNS                        1
#define DNS_MAX_SERVERS                 2
#define DNS_TABLE_SIZE                  8
#define DNS_MAX_NAME_LENGTH             256

/* Device checksums are per interface and, on receive, per frame. */
#define LWIP_CHECKSUM_CTRL_PER_NETIF    1

/*
 * TCP. Windows are limits, not reservations. 256 KiB keep 2 Gbit/s going over a 1 ms round trip;
 * scale 3 reaches 512 KiB. One MSS of oversize lets small writes share a segment, so that most
 * frames are a single piece for the device.
 */
#define LWIP_TCP                        1
#define TCP_MSS                         1460
#define LWIP_WND_SCALE                  1
#define TCP_RCV_SCALE                   3
#define TCP_WND                         (256 * 1024)
#define TCP_SND_BUF                     (256 * 1024)
#define TCP_SND_QUEUELEN                1024
#define TCP_SNDLOWAT                    (32 * 1024)
#define TCP_OVERSIZE                    TCP_MSS
#define TCP_QUEUE_OOSEQ                 1
#define LWIP_TCP_SACK_OUT               1
#define TCP_LISTEN_BACKLOG              1
#define LWIP_TCP_KEEPALIVE              1
#define SO_REUSE                        1

/* TIME_WAIT lasts twice this. Linux's 60 seconds; net/timers.c also bounds how many there are. */
#define TCP_MSL                         30000UL

#define LWIP_UDP                        1
#define LWIP_STATS                      0

/* Initial sequence numbers that an outsider cannot guess (RFC 6528): net/isn.c. */
#define LWIP_HOOK_FILENAME              "net/lwip/include/hooks.h"
#define LWIP_HOOK_TCP_ISN               net_tcp_isn

/* A port used again does not wait for the old connection's TIME_WAIT: net/time_wait.c. */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, hdr, optlen, opt1len, opt2, p) \
	net_tcp_segment(pcb, hdr, optlen, opt1len, p)
