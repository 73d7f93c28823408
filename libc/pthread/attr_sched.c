/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread attributes: scheduling. */
#define _GNU_SOURCE 1
#include "libc/pthread/pthread.h"
#include <errno.h>

int pthread_attr_setinheritsched(pthread_attr_t *attr, int inherit)
{
	if (inherit != PTHREAD_INHERIT_SCHED && inherit != PTHREAD_EXPLICIT_SCHED)
		return EINVAL;
	attr->__inherit = inherit;
	return 0;
}

int pthread_attr_getinheritsched(const pthread_attr_t *attr, int *inherit)
{
	*inherit = attr->__inherit;
	return 0;
}

int pthread_attr_setschedpolicy(pthread_attr_t *attr, int policy)
{
	if (policy != SCHED_OTHER && policy != SCHED_FIFO && policy != SCHED_RR)
		return EINVAL;
	attr->__policy = policy;
	return 0;
}

int pthread_attr_getschedpolicy(const pthread_attr_t *attr, int *policy)
{
	*policy = attr->__policy;
	return 0;
}

int pthread_attr_setschedparam(pthread_attr_t *attr, const struct sched_param *param)
{
	int error = check_param(attr->__policy, param);

	if (!error)
		attr->__param = *param;
	return error;
}

int pthread_attr_getschedparam(const pthread_attr_t *attr, struct sched_param *param)
{
	*param = attr->__param;
	return 0;
}

/* All threads compete with all others. */
int pthread_attr_setscope(pthread_attr_t *attr, int scope)
{
	(void)attr;
	if (scope == PTHREAD_SCOPE_PROCESS)
		return ENOTSUP;
	return scope == PTHREAD_SCOPE_SYSTEM ? 0 : EINVAL;
}

int pthread_attr_getscope(const pthread_attr_t *attr, int *scope)
{
	(void)attr;
	*scope = PTHREAD_SCOPE_SYSTEM;
	return 0;
}

int pthread_attr_setaffinity_np(pthread_attr_t *attr, size_t size, const cpu_set_t *cpus)
{
	if (size < sizeof(*cpus) || !cpus->__bits)
		return EINVAL;
	attr->__affinity = cpus->__bits;
	return 0;
}

int pthread_attr_getaffinity_np(const pthread_attr_t *attr, size_t size, cpu_set_t *cpus)
{
	if (size < sizeof(*cpus))
		return EINVAL;
	cpus->__bits = attr->__affinity ? attr->__affinity : ~0ul;
	return 0;
}
