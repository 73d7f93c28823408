/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, and limits: what there is is the app's, so only the number of descriptors has one. */
#pragma once

#include_next <sys/resource.h>
#include <sys/types.h>

typedef unsigned long rlim_t;

#define RLIM_INFINITY	(~0ul)

#define RLIMIT_CPU	0
#define RLIMIT_FSIZE	1
#define RLIMIT_DATA	2
#define RLIMIT_STACK	3
#define RLIMIT_CORE	4
#define RLIMIT_NOFILE	7
#define RLIMIT_AS	9

struct rlimit {
	rlim_t rlim_cur;
	rlim_t rlim_max;
};

__BEGIN_DECLS
int getrlimit(int resource, struct rlimit *);
int setrlimit(int resource, const struct rlimit *);
__END_DECLS
