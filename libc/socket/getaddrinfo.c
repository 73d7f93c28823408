/* SPDX-License-Identifier: BSD-2-Clause */
/* getaddrinfo(3) for IPv4 (RFC 3493, section 6.1): every address of the host for every kind of socket that fits the hints. */
#include "libc/socket/resolve.h"
#include "libc/socket/services.h"
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The kinds of sockets, in the order they are offered. */
static const struct kind {
	int socktype, protocol;
	const char *name; /* in the service table; NULL: ports mean nothing */
} kinds[] = {
	{ SOCK_STREAM, IPPROTO_TCP, "tcp" },
	{ SOCK_DGRAM, IPPROTO_UDP, "udp" },
	{ SOCK_RAW, IPPROTO_IP, NULL },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* One allocation, so that freeing is easy. */
struct result {
	struct addrinfo info;
	struct sockaddr_in addr;
	char name[];
};

struct question {
	struct addrinfo hints;
	const char *node, *service;
	uint32_t addresses[RESOLVE_MAX];
	int naddresses;
	struct addrinfo *first, **end;
};

#define KNOWN_FLAGS (AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG | AI_NUMERICSERV)

static int check_hints(const struct question *q)
{
	const struct addrinfo *h = &q->hints;

	if (!q->node && !q->service)
		return EAI_NONAME;
	if ((h->ai_flags & ~KNOWN_FLAGS) || ((h->ai_flags & AI_CANONNAME) && !q->node))
		return EAI_BADFLAGS;
	if (h->ai_family != AF_UNSPEC && h->ai_family != AF_INET)
		return EAI_FAMILY;
	return 0;
}

static bool kind_wanted(const struct question *q, const struct kind *kind)
{
	const struct addrinfo *h = &q->hints;

	/* A raw socket is offered to whoever asks for one. */
	if (!h->ai_socktype && kind->socktype == SOCK_RAW)
		return false;
	if (h->ai_socktype && h->ai_socktype != kind->socktype)
		return false;
	return !h->ai_protocol || h->ai_protocol == kind->protocol || kind->socktype == SOCK_RAW;
}

/* A number as the port; -1: no number. */
static int numeric_port(const char *service)
{
	char *end;
	unsigned long port = strtoul(service, &end, 10);

	return *service >= '0' && *service <= '9' && *end == '\0' && port <= 65535 ? (int)port : -1;
}

/* The port for this kind of socket, or EAI_SERVICE. */
static int find_port(const struct question *q, const struct kind *kind)
{
	const struct service *s;
	int port;

	if (!q->service)
		return 0;
	port = numeric_port(q->service);
	if (port >= 0)
		return port;
	if ((q->hints.ai_flags & AI_NUMERICSERV) || !kind->name)
		return EAI_SERVICE;
	s = service_by_name(q->service, kind->name);
	return s ? s->port : EAI_SERVICE;
}

static int find_addresses(struct question *q)
{
	int n;

	if (!q->node) {
		q->addresses[0] = htonl(q->hints.ai_flags & AI_PASSIVE ? INADDR_ANY : INADDR_LOOPBACK);
		q->naddresses = 1;
		return 0;
	}
	n = resolve_host(q->node, q->hints.ai_flags & AI_NUMERICHOST, q->addresses);
	q->naddresses = n;
	return n < 0 ? n : 0;
}

/* Only the first result carries the name. */
static int add_result(struct question *q, const struct kind *kind, int port, uint32_t address)
{
	bool named = !q->first && (q->hints.ai_flags & AI_CANONNAME);
	struct result *r = calloc(1, sizeof(*r) + (named ? strlen(q->node) + 1 : 0));

	if (!r)
		return EAI_MEMORY;
	r->addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = address };
	r->info = (struct addrinfo){
		.ai_family = AF_INET,
		.ai_socktype = kind->socktype,
		.ai_protocol = kind->socktype == SOCK_RAW ? q->hints.ai_protocol : kind->protocol,
		.ai_addrlen = sizeof(r->addr),
		.ai_addr = (struct sockaddr *)&r->addr,
		.ai_canonname = named ? strcpy(r->name, q->node) : NULL,
	};
	*q->end = &r->info;
	q->end = &r->info.ai_next;
	return 0;
}

static int add_kind(struct question *q, const struct kind *kind)
{
	int port = find_port(q, kind), error = 0;

	if (port < 0)
		return port;
	for (int i = 0; i < q->naddresses && !error; i++)
		error = add_result(q, kind, port, q->addresses[i]);
	return error;
}

/* A service unknown to one kind of socket may be known to the next. */
static int add_results(struct question *q)
{
	int error = EAI_SOCKTYPE;

	for (size_t i = 0; i < KINDS; i++) {
		if (!kind_wanted(q, &kinds[i]))
			continue;
		error = add_kind(q, &kinds[i]);
		if (error && error != EAI_SERVICE)
			return error;
	}
	return q->first ? 0 : error;
}

int getaddrinfo(const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints,
		struct addrinfo **restrict res)
{
	struct question q = { .node = node, .service = service };
	int error;

	q.end = &q.first;
	if (hints)
		q.hints = *hints;
	error = check_hints(&q);
	if (!error)
		error = find_addresses(&q);
	if (!error)
		error = add_results(&q);
	if (error)
		freeaddrinfo(q.first);
	else
		*res = q.first;
	return error;
}

void freeaddrinfo(struct addrinfo *info)
{
	struct addrinfo *next;

	for (; info; info = next) {
		next = info->ai_next;
		free(info);
	}
}
