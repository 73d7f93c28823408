/* SPDX-License-Identifier: BSD-2-Clause */
/* The ip= parameter, in the syntax of Linux's Documentation/admin-guide/nfs/nfsroot.rst. */
#pragma once

#include <stdint.h>

enum ip_method {
	IP_NONE,    /* leave the interface without an address */
	IP_STATIC,
	IP_DHCP,
};

/* Addresses are in network byte order, 0: not given. */
struct ip_param {
	enum ip_method method;
	uint32_t address, server, gateway, netmask, dns[2], ntp;
	char hostname[64];
	char device[16];  /* "": the first one */
};

/*
 * Parses client:server:gateway:netmask:hostname:device:autoconf:dns0:dns1:ntp0, where fields at the
 * end may be missing, or a lone autoconf word. As in Linux a given client address wins over
 * autoconf, and the netmask defaults to the address's class. Returns NULL, or what is wrong in
 * words that complete "ip=...: ".
 */
const char *ip_param_parse(const char *text, struct ip_param *out);

/* A dotted quad and nothing else. Returns 0 with *address in network byte order, or -1. */
int ip_param_address(const char *text, uint32_t *address);
