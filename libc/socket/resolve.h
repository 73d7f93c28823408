/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names to IPv4 addresses, under getaddrinfo(3) and gethostbyname(3). */
#pragma once

#include <stdint.h>

#define RESOLVE_MAX 8 /* addresses taken of one name */

/* Numbers, "localhost", and what DNS knows. How many addresses (network byte order), or EAI_*. */
int resolve_host(const char *name, int numeric_only, uint32_t addresses[RESOLVE_MAX]);
