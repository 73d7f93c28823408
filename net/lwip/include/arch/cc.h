/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lwIP asks of the compiler, the C library and the system (lwip/arch.h names each of these).
 */
#pragma once

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif
#define LWIP_NO_UNISTD_H 1
#define LWIP_NO_CTYPE_H  1 /* ASCII is all that protocols know; no locale tables */

/* newlib and <netinet/in.h> have htons() and its sisters already. */
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS
#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_ntohs(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)
#define lwip_ntohl(x) __builtin_bswap32(x)

uint32_t net_random_u32(void);
#define LWIP_RAND() net_random_u32()

uint16_t net_checksum(const void *data, int len);
#define LWIP_CHKSUM net_checksum

/*
 * lwIP's asserts check its own invariants, some of which peers can bend. In an image they are left
 * out: what follows an assert that would have failed is then at worst a lost packet. Host tests
 * define NET_LWIP_ASSERT to have them all.
 */
#ifdef NET_LWIP_ASSERT
_Noreturn void net_lwip_assert(const char *what, const char *file, int line);
#define LWIP_PLATFORM_ASSERT(what) net_lwip_assert(what, __FILE__, __LINE__)
#else
#define LWIP_NOASSERT
#define LWIP_PLATFORM_ASSERT(what)
#endif
#define LWIP_PLATFORM_DIAG(message)
