/* SPDX-License-Identifier: BSD-2-Clause */
/* What the system is and how much of everything it has. */
#include "kernel/page.h"
#include "libc/result.h"
#include "libc/ticks.h"
#include <errno.h>
#include <limits.h>
#include <unistd.h>

long sysconf(int name)
{
	switch (name) {
	case _SC_PAGESIZE:
		return PAGE_SIZE;
	case _SC_PHYS_PAGES:
		return page_count_total();
	case _SC_AVPHYS_PAGES:
		return page_count_free();
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return 1;
	case _SC_CLK_TCK:
		return TICKS_PER_SECOND;
	case _SC_OPEN_MAX:
		return OPEN_MAX;
	case _SC_IOV_MAX:
		return IOV_MAX;
	case _SC_ARG_MAX:
		return ARG_MAX;
	case _SC_HOST_NAME_MAX:
		return HOST_NAME_MAX;
	case _SC_LOGIN_NAME_MAX:
		return LOGIN_NAME_MAX;
	case _SC_TTY_NAME_MAX:
		return TTY_NAME_MAX;
	case _SC_SYMLOOP_MAX:
		return SYMLOOP_MAX;
	case _SC_LINE_MAX:
		return LINE_MAX;
	case _SC_NGROUPS_MAX:
		return NGROUPS_MAX;
	case _SC_VERSION:
		return _POSIX_VERSION;
	case _SC_FSYNC:
	case _SC_TIMERS:
	case _SC_MONOTONIC_CLOCK:
	case _SC_CLOCK_SELECTION:
		return _POSIX_VERSION;
	case _SC_CHILD_MAX:
	case _SC_THREADS:
	case _SC_MAPPED_FILES:
	case _SC_IPV6:
		return -1; /* without errno: there is none */
	default:
		return libc_result(-EINVAL);
	}
}

int getpagesize(void)
{
	return PAGE_SIZE;
}

int getdtablesize(void)
{
	return OPEN_MAX;
}

/* The limits are the same for every file. */
long fpathconf(int fd, int name)
{
	(void)fd;
	switch (name) {
	case _PC_LINK_MAX:
		return LINK_MAX;
	case _PC_NAME_MAX:
		return NAME_MAX;
	case _PC_PATH_MAX:
		return PATH_MAX;
	case _PC_PIPE_BUF:
		return PIPE_BUF;
	case _PC_MAX_CANON:
		return MAX_CANON;
	case _PC_MAX_INPUT:
		return MAX_INPUT;
	case _PC_NO_TRUNC:
		return 1;
	default:
		return libc_result(-EINVAL);
	}
}

long pathconf(const char *path, int name)
{
	(void)path;
	return fpathconf(-1, name);
}
