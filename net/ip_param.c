/* SPDX-License-Identifier: BSD-2-Clause */
/* Parses ip=. Pure: no state, no allocation; tests/host/net/ feeds it. */
#include "net/ip_param.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum field {
	CLIENT, SERVER, GATEWAY, NETMASK, HOSTNAME, DEVICE, AUTOCONF, DNS0, DNS1, NTP0, NFIELDS
};

#define FIELD_MAX 64

#define NAME_TOO_LONG "the name of host or device is too long"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One byte of a dotted quad; a leading zero would be octal to some readers and is refused. */
static int parse_byte(const char **text)
{
	const char *s = *text;
	int value = 0;

	if (!is_digit(*s) || (s[0] == '0' && is_digit(s[1])))
		return -1;
	while (is_digit(*s) && value <= 255)
		value = value * 10 + (*s++ - '0');
	*text = s;
	return value <= 255 ? value : -1;
}

int ip_param_address(const char *text, uint32_t *address)
{
	uint8_t bytes[4];

	for (int i = 0; i < 4; i++) {
		int value = parse_byte(&text);

		if (value < 0 || *text != (i < 3 ? '.' : '\0'))
			return -1;
		bytes[i] = (uint8_t)value;
		text += i < 3;
	}
	memcpy(address, bytes, sizeof(bytes));
	return 0;
}

static bool parse_autoconf(const char *word, enum ip_method *method)
{
	static const struct { const char *word; enum ip_method method; } words[] = {
		{ "off", IP_NONE }, { "none", IP_NONE },
		{ "on", IP_DHCP }, { "any", IP_DHCP }, { "dhcp", IP_DHCP },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i].word) == 0) {
			*method = words[i].method;
			return true;
		}
	}
	return false;
}

/* The mask an address had before CIDR (RFC 791), which is Linux's default too. */
static uint32_t class_netmask(uint32_t address)
{
	uint8_t first, mask[4] = { 255, 0, 0, 0 };
	uint32_t netmask;

	memcpy(&first, &address, 1);
	if (first >= 128)
		mask[1] = 255;
	if (first >= 192)
		mask[2] = 255;
	memcpy(&netmask, mask, sizeof(mask));
	return netmask;
}

static bool is_netmask(uint32_t netmask)
{
	uint32_t host = ~__builtin_bswap32(netmask);

	return (host & (host + 1)) == 0;
}

static const char *set_address(const char *text, uint32_t *address, const char *problem)
{
	return *text == '\0' || ip_param_address(text, address) == 0 ? NULL : problem;
}

static const char *set_name(const char *text, char *name, size_t size, const char *problem)
{
	if (strlen(text) >= size)
		return problem;
	strcpy(name, text);
	return NULL;
}

static const char *set_field(struct ip_param *ip, enum field field, const char *text)
{
	switch (field) {
	case CLIENT:   return set_address(text, &ip->address, "the client is no IPv4 address");
	case SERVER:   return set_address(text, &ip->server, "the server is no IPv4 address");
	case GATEWAY:  return set_address(text, &ip->gateway, "the gateway is no IPv4 address");
	case NETMASK:  return set_address(text, &ip->netmask, "the netmask is no IPv4 address");
	case HOSTNAME: return set_name(text, ip->hostname, sizeof(ip->hostname), NAME_TOO_LONG);
	case DEVICE:   return set_name(text, ip->device, sizeof(ip->device), NAME_TOO_LONG);
	case DNS0:     return set_address(text, &ip->dns[0], "dns0 is no IPv4 address");
	case DNS1:     return set_address(text, &ip->dns[1], "dns1 is no IPv4 address");
	case NTP0:     return set_address(text, &ip->ntp, "ntp0 is no IPv4 address");
	case AUTOCONF:
		if (*text == '\0' || parse_autoconf(text, &ip->method))
			return NULL;
		return "autoconf must be dhcp, on, any, off or none";
	default:
		return "there are too many fields";
	}
}

static const char *finish(struct ip_param *ip)
{
	if (ip->address == 0)
		return NULL;
	ip->method = IP_STATIC;
	if (ip->netmask == 0)
		ip->netmask = class_netmask(ip->address);
	return is_netmask(ip->netmask) ? NULL : "the netmask has a hole in it";
}

static bool is_lone_word(const char *text)
{
	uint32_t address;

	return text[0] != '\0' && strchr(text, ':') == NULL && ip_param_address(text, &address) < 0;
}

const char *ip_param_parse(const char *text, struct ip_param *out)
{
	char field[FIELD_MAX];
	const char *problem = NULL;

	*out = (struct ip_param){ .method = IP_DHCP };
	if (is_lone_word(text))
		return parse_autoconf(text, &out->method) ? NULL :
		       "must be an address, dhcp, on, any, off or none";
	for (unsigned i = 0; problem == NULL; i++) {
		size_t len = strcspn(text, ":");

		if (len >= sizeof(field))
			return "a field is too long";
		memcpy(field, text, len);
		field[len] = '\0';
		problem = set_field(out, i < NFIELDS ? (enum field)i : NFIELDS, field);
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	return problem ? problem : finish(out);
}
