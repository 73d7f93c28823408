/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc/socket/services.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct service services[] = {
	{ "echo", 7, "tcp" },      { "echo", 7, "udp" },      { "discard", 9, "tcp" },   { "discard", 9, "udp" },
	{ "daytime", 13, "tcp" },  { "ftp", 21, "tcp" },      { "ssh", 22, "tcp" },      { "telnet", 23, "tcp" },
	{ "smtp", 25, "tcp" },     { "time", 37, "udp" },     { "domain", 53, "tcp" },   { "domain", 53, "udp" },
	{ "tftp", 69, "udp" },     { "http", 80, "tcp" },     { "pop3", 110, "tcp" },    { "ntp", 123, "udp" },
	{ "imap2", 143, "tcp" },   { "snmp", 161, "udp" },    { "ldap", 389, "tcp" },    { "https", 443, "tcp" },
	{ "syslog", 514, "udp" },  { "imaps", 993, "tcp" },   { "pop3s", 995, "tcp" },   { "mysql", 3306, "tcp" },
	{ "postgresql", 5432, "tcp" }, { "redis", 6379, "tcp" }, { "http-alt", 8080, "tcp" },
};

#define COUNT (sizeof(services) / sizeof(services[0]))

static bool proto_matches(const struct service *s, const char *proto)
{
	return !proto || strcmp(s->proto, proto) == 0;
}

const struct service *service_by_name(const char *name, const char *proto)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(services[i].name, name) == 0 && proto_matches(&services[i], proto))
			return &services[i];
	return NULL;
}

const struct service *service_by_port(unsigned port, const char *proto)
{
	for (size_t i = 0; i < COUNT; i++)
		if (services[i].port == port && proto_matches(&services[i], proto))
			return &services[i];
	return NULL;
}
