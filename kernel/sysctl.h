/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One tree of tunables and counters, with FreeBSD's names. There is no tree in memory: drivers keep
 * plain counters, and sources, functions in folders named sysctl/, walk the live objects and name
 * what they find when somebody asks. So an image that asks for nothing carries nothing: sources are
 * linked when the app calls sysctlbyname(3), or with the debugger.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct param;

enum sysctl_kind {
	SYSCTL_COUNTER, /* only grows */
	SYSCTL_GAUGE,
	SYSCTL_TUNABLE, /* a number that the command line sets */
	SYSCTL_STRING,
};

/* Valid during the call that it is handed to. */
struct sysctl_node {
	const char *name;
	const char *help;          /* a few words, with the unit */
	enum sysctl_kind kind;
	uint8_t bytes;             /* of the value, for sysctlbyname(3): 4 or 8; 0: a string */
	uint64_t number;
	const char *text;
	const struct param *param; /* sets it while the system runs; NULL: read only */
};

struct sysctl_walk {
	/* Must not sleep: a source may hold locks. */
	void (*node)(struct sysctl_walk *, const struct sysctl_node *);
	void *arg;
	bool frozen;               /* the monitor asks: sources take no lock */
};

/* Every node, source by source. */
void sysctl_walk(struct sysctl_walk *);

typedef void sysctl_source(struct sysctl_walk *);
#define SYSCTL_SOURCE(f)                                           \
	static sysctl_source *const f##_entry                      \
		__attribute__((section("sysctls"), used)) = &(f)

/* For sources; the name as by printf. Numbers of 8 bytes, but those of sysctl_int(). */
#define SYSCTL_NAMED(n) __attribute__((format(printf, n, (n) + 1)))
void sysctl_counter(struct sysctl_walk *, uint64_t, const char *help, const char *name, ...)
	SYSCTL_NAMED(4);
void sysctl_gauge(struct sysctl_walk *, uint64_t, const char *help, const char *name, ...)
	SYSCTL_NAMED(4);
void sysctl_int(struct sysctl_walk *, uint32_t, const char *help, const char *name, ...)
	SYSCTL_NAMED(4);
void sysctl_text(struct sysctl_walk *, const char *, const char *help, const char *name, ...)
	SYSCTL_NAMED(4);
