/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets as descriptors. This file and message.c are what brings the network into an image, so
 * nothing but an app's own call refers to them.
 */
#include "net/net.h"
#include "libc/cancel.h"
#include "libc/fd.h"
#include "libc/socket/socket.h"
#include <errno.h>

struct file *socket_get(int fd, int *error)
{
	struct file *f = fd_get(fd);

	*error = 0;
	if (!f)
		*error = -EBADF;
	else if (!net_is_socket(f))
		*error = -ENOTSOCK;
	if (*error && f) {
		file_put(f);
		f = NULL;
	}
	return f;
}

int socket(int domain, int type, int protocol)
{
	struct file *f;
	int error = net_socket(domain, type & ~SOCK_CLOEXEC, protocol, &f);

	return libc_result(error ? error : fd_install(f, 0, type & SOCK_CLOEXEC));
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
	struct file *ends[2];
	int first, second, error = net_socketpair(domain, type & ~SOCK_CLOEXEC, protocol, ends);

	if (error)
		return libc_result(error);
	first = fd_install(ends[0], 0, type & SOCK_CLOEXEC);
	if (first < 0) {
		file_put(ends[1]);
		return libc_result(first);
	}
	second = fd_install(ends[1], 0, type & SOCK_CLOEXEC);
	if (second < 0) {
		fd_close(first);
		return libc_result(second);
	}
	fds[0] = first;
	fds[1] = second;
	return 0;
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int error;
	struct file *f = socket_get(fd, &error);

	if (!f)
		return libc_result(error);
	error = net_bind(f, addr, len);
	file_put(f);
	return libc_result(error);
}

int listen(int fd, int backlog)
{
	int error;
	struct file *f = socket_get(fd, &error);

	if (!f)
		return libc_result(error);
	error = net_listen(f, backlog);
	file_put(f);
	return libc_result(error);
}

int accept4(int fd, struct sockaddr *restrict addr, socklen_t *restrict len, int flags)
{
	int error;
	struct file *f, *connection;

	cancel_point();
	f = socket_get(fd, &error);
	if (!f)
		return libc_result(error);
	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		error = -EINVAL;
	else
		error = net_accept(f, addr, len, flags & ~SOCK_CLOEXEC, &connection);
	file_put(f);
	return cancel_result(error ? error : fd_install(connection, 0, flags & SOCK_CLOEXEC));
}

int accept(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	return accept4(fd, addr, len, 0);
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int error;
	struct file *f;

	cancel_point();
	f = socket_get(fd, &error);
	if (!f)
		return libc_result(error);
	error = net_connect(f, addr, len);
	file_put(f);
	return cancel_result(error);
}

int shutdown(int fd, int how)
{
	int error;
	struct file *f = socket_get(fd, &error);

	if (!f)
		return libc_result(error);
	error = how < SHUT_RD || how > SHUT_RDWR ? -EINVAL : net_shutdown(f, how);
	file_put(f);
	return libc_result(error);
}

int getsockname(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	int error;
	struct file *f = socket_get(fd, &error);

	if (!f)
		return libc_result(error);
	error = net_getsockname(f, addr, len);
	file_put(f);
	return libc_result(error);
}

int getpeername(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	int error;
	struct file *f = socket_get(fd, &error);

	if (!f)
		return libc_result(error);
	error = net_getpeername(f, addr, len);
	file_put(f);
	return libc_result(error);
}

int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
	int error;
	struct file *f = socket_get(fd, &error);

	if (!f)
		return libc_result(error);
	error = net_getsockopt(f, level, name, value, len);
	file_put(f);
	return libc_result(error);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int error;
	struct file *f = socket_get(fd, &error);

	if (!f)
		return libc_result(error);
	error = net_setsockopt(f, level, name, value, len);
	file_put(f);
	return libc_result(error);
}
