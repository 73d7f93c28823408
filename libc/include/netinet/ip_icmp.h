/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP (RFC 792), for raw sockets: the header of echo messages and the types a program meets. */
#pragma once

#include <netinet/in.h>

struct icmphdr {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	union {
		struct {
			uint16_t id;
			uint16_t sequence;
		} echo;
		uint32_t gateway;
	} un;
};

#define ICMP_ECHOREPLY		0
#define ICMP_DEST_UNREACH	3
#define ICMP_REDIRECT		5
#define ICMP_ECHO		8
#define ICMP_TIME_EXCEEDED	11
#define ICMP_HOST_UNREACH	1
#define ICMP_PORT_UNREACH	3
