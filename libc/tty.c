/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminals: whether a descriptor is one, its name and its modes. What has no terminal modes answers -ENOTTY by itself. */
#include "kernel/file.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int terminal_ioctl(int fd, unsigned long request, void *arg)
{
	struct file *f = fd_get(fd);
	int error;

	if (!f)
		return -EBADF;
	error = f->ops->ioctl ? f->ops->ioctl(f, request, arg) : -ENOTTY;
	file_put(f);
	return error;
}

int tcgetattr(int fd, struct termios *modes)
{
	return libc_result(terminal_ioctl(fd, TCGETS, modes));
}

int tcsetattr(int fd, int when, const struct termios *modes)
{
	if (when < TCSANOW || when > TCSAFLUSH)
		return libc_result(-EINVAL);
	return libc_result(terminal_ioctl(fd, TCSETS + when, (void *)modes));
}

int tcflush(int fd, int queue)
{
	return libc_result(terminal_ioctl(fd, TCFLSH, (void *)(long)queue));
}

/* Output has reached the device when write() returns. */
int tcdrain(int fd)
{
	struct termios modes;

	return tcgetattr(fd, &modes);
}

int isatty(int fd)
{
	struct termios modes;

	return tcgetattr(fd, &modes) == 0;
}

int ttyname_r(int fd, char *name, size_t size)
{
	static const char console[] = "/dev/console";

	if (!isatty(fd))
		return ENOTTY;
	return strlcpy(name, console, size) < size ? 0 : ERANGE;
}

char *ttyname(int fd)
{
	static char name[TTY_NAME_MAX];

	return ttyname_r(fd, name, sizeof(name)) == 0 ? name : NULL;
}
