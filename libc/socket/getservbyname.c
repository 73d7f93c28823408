/* SPDX-License-Identifier: BSD-2-Clause */
/* The older questions about services and protocols. */
#include "libc/socket/services.h"
#include <netdb.h>
#include <stddef.h>
#include <string.h>

static char *no_aliases[] = { NULL };

static struct servent *to_servent(const struct service *s)
{
	static _Thread_local struct servent entry;

	if (!s)
		return NULL;
	entry = (struct servent){
		.s_name = (char *)s->name,
		.s_aliases = no_aliases,
		.s_port = htons(s->port),
		.s_proto = (char *)s->proto,
	};
	return &entry;
}

struct servent *getservbyname(const char *name, const char *proto)
{
	return to_servent(service_by_name(name, proto));
}

struct servent *getservbyport(int port, const char *proto)
{
	return to_servent(service_by_port(ntohs(port), proto));
}

struct protoent *getprotobyname(const char *name)
{
	static struct protoent protocols[] = {
		{ "ip", no_aliases, IPPROTO_IP },
		{ "icmp", no_aliases, IPPROTO_ICMP },
		{ "tcp", no_aliases, IPPROTO_TCP },
		{ "udp", no_aliases, IPPROTO_UDP },
	};

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (strcmp(protocols[i].p_name, name) == 0)
			return &protocols[i];
	return NULL;
}
