/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending and receiving: every call is one of net_sendmsg() and net_recvmsg(). */
#include "net/net.h"
#include "libc/cancel.h"
#include "libc/socket/socket.h"
#include <sys/socket.h>

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	int error;
	struct file *f;
	ssize_t n;

	cancel_point();
	f = socket_get(fd, &error);
	if (!f)
		return libc_result(error);
	n = net_sendmsg(f, msg, flags);
	file_put(f);
	return cancel_result(n);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	int error;
	struct file *f;
	ssize_t n;

	cancel_point();
	f = socket_get(fd, &error);
	if (!f)
		return libc_result(error);
	n = net_recvmsg(f, msg, flags);
	file_put(f);
	return cancel_result(n);
}

ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *addr,
	       socklen_t addrlen)
{
	struct iovec iov = { (void *)buf, len };
	struct msghdr msg = {
		.msg_name = (void *)addr, .msg_namelen = addr ? addrlen : 0,
		.msg_iov = &iov, .msg_iovlen = 1,
	};

	return sendmsg(fd, &msg, flags);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	return sendto(fd, buf, len, flags, NULL, 0);
}

ssize_t recvfrom(int fd, void *restrict buf, size_t len, int flags, struct sockaddr *restrict addr,
		 socklen_t *restrict addrlen)
{
	struct iovec iov = { buf, len };
	struct msghdr msg = {
		.msg_name = addr, .msg_namelen = addr ? *addrlen : 0,
		.msg_iov = &iov, .msg_iovlen = 1,
	};
	ssize_t n = recvmsg(fd, &msg, flags);

	if (addr && n >= 0)
		*addrlen = msg.msg_namelen;
	return n;
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	return recvfrom(fd, buf, len, flags, NULL, NULL);
}
