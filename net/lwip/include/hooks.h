/* SPDX-License-Identifier: BSD-2-Clause */
/* The places where lwIP asks us (LWIP_HOOK_*). */
#pragma once

#include "lwip/ip_addr.h"

u32_t net_tcp_isn(const ip_addr_t *local, u16_t local_port,
		  const ip_addr_t *remote, u16_t remote_port);
