/* SPDX-License-Identifier: BSD-2-Clause */
/* The places where lwIP asks us (LWIP_HOOK_*). */
#pragma once

#include "lwip/err.h"
#include "lwip/ip_addr.h"

struct pbuf;
struct tcp_hdr;
struct tcp_pcb;

u32_t net_tcp_isn(const ip_addr_t *local, u16_t local_port,
		  const ip_addr_t *remote, u16_t remote_port);

/* ERR_OK: lwIP goes on with the segment; else it is dropped. May free the pcb. net/time_wait.c */
err_t net_tcp_segment(struct tcp_pcb *, struct tcp_hdr *, u16_t options_len,
		      u16_t first_options_len, struct pbuf *);
