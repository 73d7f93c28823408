/* SPDX-License-Identifier: BSD-2-Clause */
/* What the system is and how much of everything it has. */
#include "kernel/page.h"
#include "kernel/thread.h"
#include "libc/result.h"
#include "libc/ticks.h"
#include <errno.h>
#include <limits.h>
#include <unistd.h>

struct constant {
	int name;
	long value;
};

/* -1: there is none, or no limit but memory. */
static const struct constant constants[] = {
	{ _SC_PAGESIZE, PAGE_SIZE },
	{ _SC_CLK_TCK, TICKS_PER_SECOND },
	{ _SC_OPEN_MAX, OPEN_MAX },
	{ _SC_IOV_MAX, IOV_MAX },
	{ _SC_ARG_MAX, ARG_MAX },
	{ _SC_HOST_NAME_MAX, HOST_NAME_MAX },
	{ _SC_LOGIN_NAME_MAX, LOGIN_NAME_MAX },
	{ _SC_TTY_NAME_MAX, TTY_NAME_MAX },
	{ _SC_SYMLOOP_MAX, SYMLOOP_MAX },
	{ _SC_LINE_MAX, LINE_MAX },
	{ _SC_NGROUPS_MAX, NGROUPS_MAX },
	{ _SC_THREAD_DESTRUCTOR_ITERATIONS, PTHREAD_DESTRUCTOR_ITERATIONS },
	{ _SC_THREAD_KEYS_MAX, PTHREAD_KEYS_MAX },
	{ _SC_THREAD_STACK_MIN, PTHREAD_STACK_MIN },
	{ _SC_THREAD_THREADS_MAX, -1 },
	{ _SC_SEM_NSEMS_MAX, -1 },
	{ _SC_SEM_VALUE_MAX, SEM_VALUE_MAX },
	{ _SC_TIMER_MAX, -1 },
	{ _SC_DELAYTIMER_MAX, DELAYTIMER_MAX },
	{ _SC_VERSION, _POSIX_VERSION },
	{ _SC_FSYNC, _POSIX_VERSION },
	{ _SC_TIMERS, _POSIX_VERSION },
	{ _SC_TIMEOUTS, _POSIX_VERSION },
	{ _SC_MONOTONIC_CLOCK, _POSIX_VERSION },
	{ _SC_CLOCK_SELECTION, _POSIX_VERSION },
	{ _SC_CPUTIME, _POSIX_VERSION },
	{ _SC_PRIORITY_SCHEDULING, _POSIX_VERSION },
	{ _SC_BARRIERS, _POSIX_VERSION },
	{ _SC_READER_WRITER_LOCKS, _POSIX_VERSION },
	{ _SC_SEMAPHORES, _POSIX_VERSION },
	{ _SC_SPIN_LOCKS, _POSIX_VERSION },
	{ _SC_THREADS, _POSIX_VERSION },
	{ _SC_THREAD_ATTR_STACKADDR, _POSIX_VERSION },
	{ _SC_THREAD_ATTR_STACKSIZE, _POSIX_VERSION },
	{ _SC_THREAD_CPUTIME, _POSIX_VERSION },
	{ _SC_THREAD_PRIORITY_SCHEDULING, _POSIX_VERSION },
	{ _SC_THREAD_PRIO_INHERIT, _POSIX_VERSION },
	{ _SC_THREAD_PRIO_PROTECT, _POSIX_VERSION },
	{ _SC_THREAD_PROCESS_SHARED, _POSIX_VERSION },
	{ _SC_THREAD_SAFE_FUNCTIONS, _POSIX_VERSION },
	{ _SC_CHILD_MAX, -1 },
	{ _SC_MAPPED_FILES, -1 },
	{ _SC_IPV6, -1 },
};

static long constant(int name)
{
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
		if (constants[i].name == name)
			return constants[i].value;
	return libc_result(-EINVAL);
}

long sysconf(int name)
{
	switch (name) {
	case _SC_PHYS_PAGES:
		return page_count_total();
	case _SC_AVPHYS_PAGES:
		return page_count_free();
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return cpu_count();
	default:
		return constant(name);
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
