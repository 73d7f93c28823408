/* SPDX-License-Identifier: BSD-2-Clause */
/* The limits of this system; in place of newlib's file of that name, whose values contradict its <limits.h>. */
#pragma once

#define ARG_MAX		65536
#define LINK_MAX	65000
#define MAX_CANON	255
#define MAX_INPUT	255
#define NAME_MAX	255
#define NGROUPS_MAX	16
#define OPEN_MAX	32768
#define PATH_MAX	4096
#define PIPE_BUF	4096
#define IOV_MAX		1024
#define HOST_NAME_MAX	64
#define LOGIN_NAME_MAX	256
#define TTY_NAME_MAX	32
#define SYMLOOP_MAX	40
#define LINE_MAX	2048
#define RE_DUP_MAX	255
#define PTHREAD_KEYS_MAX	128
#define PTHREAD_DESTRUCTOR_ITERATIONS 4
#define PTHREAD_STACK_MIN	16384
#define SEM_VALUE_MAX	2147483647
#define DELAYTIMER_MAX	2147483647
#ifndef SSIZE_MAX
#define SSIZE_MAX	0x7fffffffffffffffL
#endif

#define _POSIX_ARG_MAX		4096
#define _POSIX_HOST_NAME_MAX	255
#define _POSIX_LINK_MAX		8
#define _POSIX_NAME_MAX		14
#define _POSIX_OPEN_MAX		20
#define _POSIX_PATH_MAX		256
#define _POSIX_PIPE_BUF		512
#define _POSIX_SYMLOOP_MAX	8
