/* SPDX-License-Identifier: BSD-2-Clause */
/* getnameinfo(3): numbers for hosts (there is no reverse look-up), names for well-known services. */
#include "libc/socket/services.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

static int host_name(const struct sockaddr_in *addr, char *host, socklen_t size, int flags)
{
	if (flags & NI_NAMEREQD)
		return EAI_NONAME;
	return inet_ntop(AF_INET, &addr->sin_addr, host, size) ? 0 : EAI_OVERFLOW;
}

static int service_name(const struct sockaddr_in *addr, char *name, socklen_t size, int flags)
{
	unsigned port = ntohs(addr->sin_port);
	const struct service *s = NULL;
	int len;

	if (!(flags & NI_NUMERICSERV))
		s = service_by_port(port, flags & NI_DGRAM ? "udp" : "tcp");
	len = s ? snprintf(name, size, "%s", s->name) : snprintf(name, size, "%u", port);
	return len < (int)size ? 0 : EAI_OVERFLOW;
}

int getnameinfo(const struct sockaddr *restrict addr, socklen_t addrlen, char *restrict host, socklen_t hostlen,
		char *restrict service, socklen_t servicelen, int flags)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	int error = 0;

	if (addr->sa_family != AF_INET || addrlen < sizeof(*in))
		return EAI_FAMILY;
	if (!hostlen && !servicelen)
		return EAI_NONAME;
	if (hostlen)
		error = host_name(in, host, hostlen, flags);
	if (!error && servicelen)
		error = service_name(in, service, servicelen, flags);
	return error;
}
