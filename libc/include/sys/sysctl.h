/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the system knows of itself, by FreeBSD's names: docs/sysctl.md lists them. Numbers are
 * unsigned, of 4 or 8 bytes; strings end with a zero.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * As in FreeBSD: *oldlen is the room at old, then what the value takes; old NULL only asks for that.
 * new, unless NULL, is the value to set. 0, or -1 with errno: ENOENT, ENOMEM (the room is too
 * small), EPERM (read only), EINVAL (not a value it can take).
 */
int sysctlbyname(const char *name, void *old, size_t *oldlen, const void *new_value, size_t newlen);

enum { SYSCTL_KIND_COUNTER, SYSCTL_KIND_GAUGE, SYSCTL_KIND_TUNABLE, SYSCTL_KIND_STRING };

struct sysctl_entry {
	const char *name, *help;
	int kind;
	unsigned size;          /* 4 or 8; 0: a string */
	int writable;
	uint64_t number;
	const char *string;     /* "" for numbers */
};

/*
 * Thimble's own: each entry whose name begins with prefix ("" for all), as they all were at one
 * time; until visit returns something else than 0, which is returned. -1 with errno ENOMEM.
 */
int sysctl_for_each(const char *prefix, int (*visit)(const struct sysctl_entry *, void *arg), void *arg);

#ifdef __cplusplus
}
#endif
