/* SPDX-License-Identifier: BSD-2-Clause */
/* The IPv4 header (RFC 791), as raw sockets see it. */
#pragma once

#include <netinet/in.h>

struct iphdr {
	uint8_t ihl : 4, version : 4; /* ihl counts 32-bit words */
	uint8_t tos;
	uint16_t tot_len;
	uint16_t id;
	uint16_t frag_off;
	uint8_t ttl;
	uint8_t protocol;
	uint16_t check;
	uint32_t saddr;
	uint32_t daddr;
};

#define IPVERSION	4
#define IPTOS_LOWDELAY	0x10
#define IPTOS_THROUGHPUT 0x08
