/* SPDX-License-Identifier: BSD-2-Clause */
/* Internet addresses as text (POSIX.1-2008). */
#pragma once

#include <netinet/in.h>

__BEGIN_DECLS
in_addr_t inet_addr(const char *text);
int inet_aton(const char *text, struct in_addr *addr);
char *inet_ntoa(struct in_addr addr);
const char *inet_ntop(int family, const void *__restrict addr, char *__restrict text, socklen_t size);
int inet_pton(int family, const char *__restrict text, void *__restrict addr);
__END_DECLS
