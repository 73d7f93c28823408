/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of TCP sockets; Linux's values. */
#pragma once

#include <stdint.h>

#define TCP_NODELAY	1
#define TCP_MAXSEG	2
#define TCP_CORK	3
#define TCP_KEEPIDLE	4 /* seconds, as the next */
#define TCP_KEEPINTVL	5
#define TCP_KEEPCNT	6
#define TCP_DEFER_ACCEPT 9
#define TCP_QUICKACK	12
#define TCP_USER_TIMEOUT 18
#define TCP_FASTOPEN	23

#define SOL_TCP		6 /* IPPROTO_TCP */
