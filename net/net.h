/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network, as libc sees it: sockets are struct file, addresses are the BSD structs of
 * <sys/socket.h> and <netinet/in.h>. lwIP runs NO_SYS under one mutex (net_lock); its thread polls
 * the devices and the timers, callers run the stack themselves under the lock.
 */
#pragma once

#include "kernel/file.h"
#include <stdint.h>
#include <sys/socket.h>

/*
 * Attaches every network device to lwIP, those that are plugged in later too, starts the network
 * thread and configures addresses from ip= (Linux's full syntax, or dhcp). Never waits: with
 * ip=dhcp the lease comes while the app runs.
 * Called by kernel/main.c when the image contains the network.
 */
void net_start(void);

/* Sockets. All return 0, a count, or -errno; they block unless O_NONBLOCK (or MSG_DONTWAIT). */
int net_socket(int domain, int type, int protocol, struct file **out);
int net_socketpair(int domain, int type, int protocol, struct file *out[2]);
int net_bind(struct file *, const struct sockaddr *, socklen_t);
int net_listen(struct file *, int backlog);
int net_accept(struct file *, struct sockaddr *, socklen_t *, unsigned flags, struct file **out);
int net_connect(struct file *, const struct sockaddr *, socklen_t);
ssize_t net_sendmsg(struct file *, const struct msghdr *, int flags);
ssize_t net_recvmsg(struct file *, struct msghdr *, int flags);
int net_shutdown(struct file *, int how);
int net_getsockname(struct file *, struct sockaddr *, socklen_t *);
int net_getpeername(struct file *, struct sockaddr *, socklen_t *);
int net_getsockopt(struct file *, int level, int name, void *value, socklen_t *);
int net_setsockopt(struct file *, int level, int name, const void *value, socklen_t);

/* True when file is a socket (else the calls above return -ENOTSOCK themselves). */
int net_is_socket(const struct file *);

/*
 * Resolves a host name to IPv4 addresses in network byte order; waits for DNS. Number of addresses,
 * -ENOENT (no such name), -ETIMEDOUT, -ENETDOWN.
 */
int net_resolve(const char *host, uint32_t *addresses, unsigned max);
