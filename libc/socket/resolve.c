/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc/socket/resolve.h"
#include "net/net.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

static int resolve_error(int error)
{
	switch (error) {
	case 0:
	case -ENOENT:
		return EAI_NONAME;
	case -ENOMEM:
		return EAI_MEMORY;
	case -ETIMEDOUT:
	case -ENETDOWN:
		return EAI_AGAIN;
	default:
		return EAI_FAIL;
	}
}

int resolve_host(const char *name, int numeric_only, uint32_t addresses[RESOLVE_MAX])
{
	struct in_addr number;
	int n;

	if (inet_aton(name, &number)) {
		addresses[0] = number.s_addr;
		return 1;
	}
	if (numeric_only)
		return EAI_NONAME;
	if (strcmp(name, "localhost") == 0) {
		addresses[0] = htonl(INADDR_LOOPBACK);
		return 1;
	}
	n = net_resolve(name, addresses, RESOLVE_MAX);
	return n > 0 ? n : resolve_error(n);
}
