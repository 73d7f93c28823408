/* SPDX-License-Identifier: BSD-2-Clause */
/* gethostbyname(3), for older programs. The answer lives until the thread's next question. */
#include "libc/socket/resolve.h"
#include <netdb.h>
#include <stdio.h>

int h_errno;

static int to_h_errno(int error)
{
	switch (error) {
	case EAI_NONAME:
		return HOST_NOT_FOUND;
	case EAI_AGAIN:
		return TRY_AGAIN;
	default:
		return NO_RECOVERY;
	}
}

struct hostent *gethostbyname(const char *name)
{
	static _Thread_local struct answer {
		struct hostent host;
		char name[NI_MAXHOST];
		uint32_t addresses[RESOLVE_MAX];
		char *list[RESOLVE_MAX + 1];
		char *no_aliases[1];
	} answer;
	int n = resolve_host(name, 0, answer.addresses);

	if (n < 0) {
		h_errno = to_h_errno(n);
		return NULL;
	}
	for (int i = 0; i < n; i++)
		answer.list[i] = (char *)&answer.addresses[i];
	answer.list[n] = NULL;
	snprintf(answer.name, sizeof(answer.name), "%s", name);
	answer.host = (struct hostent){
		.h_name = answer.name,
		.h_aliases = answer.no_aliases,
		.h_addrtype = AF_INET,
		.h_length = sizeof(answer.addresses[0]),
		.h_addr_list = answer.list,
	};
	return &answer.host;
}
