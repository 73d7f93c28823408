/* SPDX-License-Identifier: BSD-2-Clause */
/* The well-known services (IANA's registry), as far as programs ask for them by name. */
#pragma once

struct service {
	const char *name;
	unsigned short port; /* host byte order */
	const char *proto;   /* "tcp" or "udp" */
};

/* proto NULL: either. NULL: unknown. */
const struct service *service_by_name(const char *name, const char *proto);
const struct service *service_by_port(unsigned port, const char *proto);
