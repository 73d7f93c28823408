/* SPDX-License-Identifier: BSD-2-Clause */
/* On which CPUs a thread may run. */
#define _GNU_SOURCE 1
#include "libc/pthread/pthread.h"
#include "libc/result.h"
#include <errno.h>
#include <unistd.h>

int pthread_setaffinity_np(pthread_t p, size_t size, const cpu_set_t *cpus)
{
	if (size < sizeof(*cpus))
		return EINVAL;
	return -thread_set_affinity(p->thread, cpus->__bits);
}

int pthread_getaffinity_np(pthread_t p, size_t size, cpu_set_t *cpus)
{
	unsigned n = cpu_count();
	uint64_t there = n < CPU_SETSIZE ? (1ul << n) - 1 : ~0ul;

	if (size < sizeof(*cpus))
		return EINVAL;
	cpus->__bits = thread_affinity(p->thread) & there;
	return 0;
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *cpus)
{
	if (pid != 0 && pid != getpid())
		return libc_result(-ESRCH);
	return libc_result(-pthread_setaffinity_np(self(), size, cpus));
}

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *cpus)
{
	if (pid != 0 && pid != getpid())
		return libc_result(-ESRCH);
	return libc_result(-pthread_getaffinity_np(self(), size, cpus));
}

int sched_getcpu(void)
{
	return (int)cpu_current();
}
