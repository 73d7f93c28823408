/* SPDX-License-Identifier: BSD-2-Clause */
/* The app is process 1, root's, and the only one. */
#include "libc/result.h"
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t getpid(void)
{
	return 1;
}

pid_t getppid(void)
{
	return 0;
}

pid_t getpgrp(void)
{
	return 1;
}

uid_t getuid(void)
{
	return 0;
}

uid_t geteuid(void)
{
	return 0;
}

gid_t getgid(void)
{
	return 0;
}

gid_t getegid(void)
{
	return 0;
}

int issetugid(void)
{
	return 0;
}

pid_t fork(void)
{
	return libc_result(-ENOSYS);
}

pid_t vfork(void)
{
	return libc_result(-ENOSYS);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	(void)path, (void)argv, (void)envp;
	return libc_result(-ENOSYS);
}

pid_t wait(int *status)
{
	(void)status;
	return libc_result(-ECHILD);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	(void)pid, (void)status, (void)options;
	return libc_result(-ECHILD);
}
