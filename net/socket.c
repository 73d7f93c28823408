/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets as struct file, and the calls of net/net.h: each checks its arguments, takes net_lock and
 * lets the kind of socket do the work (struct socket_ops). Threads may use one socket at the same
 * time: net_lock orders them, and whoever sleeps does so without it.
 */
#include "net/socket.h"
#include "kernel/clock.h"
#include "kernel/heap.h"
#include "kernel/tracepoint.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

static const struct file_ops socket_file_ops;

static struct socket *socket_of(const struct file *f)
{
	return f->ops == &socket_file_ops ? f->data : NULL;
}

int net_is_socket(const struct file *f)
{
	return socket_of(f) != NULL;
}

/* A call in the trace: from its beginning to whichever return it takes. */
struct call {
	const char *name;
	const struct file *f;
	long result;
};

static inline void call_end(const struct call *c)
{
	TRACEPOINT(SOCKET, trace_socket_end(c->name, c->f, c->result));
}

#define CALL(text, file)                                                              \
	struct call call __attribute__((cleanup(call_end))) = { text, file, 0 };       \
	TRACEPOINT(SOCKET, trace_socket_begin(text, file))

/* --- For the kinds --- */

struct socket *socket_alloc(size_t size, const struct socket_ops *ops, int type, int protocol)
{
	struct socket *s = kzalloc(size);

	if (s == NULL)
		return NULL;
	s->ops = ops;
	s->domain = AF_INET;
	s->type = type;
	s->protocol = protocol;
	s->options.receive_buffer = s->options.send_buffer = SOCKET_BUFFER_MAX;
	s->options.ttl = IP_DEFAULT_TTL;
	wait_queue_init(&s->wait);
	return s;
}

void socket_free(struct socket *s)
{
	kfree(s);
}

bool socket_nonblock(const struct file *f, int flags)
{
	return (flags & MSG_DONTWAIT) || (atomic_load(&f->flags) & O_NONBLOCK);
}

uint64_t socket_deadline(int flags, uint64_t timeout_ns)
{
	if (flags & MSG_DONTWAIT)
		return 0;
	return timeout_ns == 0 ? DEADLINE_NEVER : clock_now_ns() + timeout_ns;
}

struct ready_call {
	struct socket *s;
	bool (*ready)(struct socket *);
};

static bool ready_thunk(void *arg)
{
	struct ready_call *call = arg;

	return call->ready(call->s);
}

int socket_wait(struct socket *s, bool (*ready)(struct socket *), uint64_t deadline_ns)
{
	struct ready_call call = { s, ready };
	int error;

	if (ready(s))
		return 0;
	if (deadline_ns == 0)
		return -EAGAIN;
	error = net_wait_interruptible(&s->wait, ready_thunk, &call, deadline_ns);
	return error == -ETIMEDOUT ? -EAGAIN : error;
}

int socket_take_error(struct socket *s)
{
	int error = s->error;

	s->error = 0;
	return -error;
}

/* --- Making one --- */

static void discard(struct socket *s)
{
	net_lock();
	s->ops->close(s);
	net_unlock();
	socket_free(s);
}

/* Gives the socket a file; on failure the socket is gone too. */
static int wrap(struct socket *s, int flags, struct file **out)
{
	*out = file_alloc(&socket_file_ops, O_RDWR | (flags & SOCK_NONBLOCK ? O_NONBLOCK : 0), s);
	if (*out == NULL)
		discard(s);
	return *out ? 0 : -ENOMEM;
}

static int create(int type, int protocol, struct socket **out)
{
	switch (type) {
	case SOCK_STREAM:
		if (protocol == 0 || protocol == IP_PROTO_TCP)
			return tcp_socket_create(out);
		return -EPROTONOSUPPORT;
	case SOCK_DGRAM:
		if (protocol == 0 || protocol == IP_PROTO_UDP)
			return udp_socket_create(out);
		return -EPROTONOSUPPORT;
	case SOCK_RAW:
		if (protocol > 0 && protocol < 255)
			return raw_socket_create(protocol, out);
		return -EPROTONOSUPPORT;
	default:
		return -ESOCKTNOSUPPORT;
	}
}

int net_socket(int domain, int type, int protocol, struct file **out)
{
	struct socket *s;
	int error;
	CALL("socket", NULL);

	if (domain != AF_INET)
		return call.result = -EAFNOSUPPORT;
	net_lock();
	error = create(type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), protocol, &s);
	net_unlock();
	return call.result = error ? error : wrap(s, type, out);
}

int net_socketpair(int domain, int type, int protocol, struct file *out[2])
{
	struct socket *pair[2];
	int error;

	if (domain != AF_UNIX)
		return domain == AF_INET ? -EOPNOTSUPP : -EAFNOSUPPORT;
	if (protocol != 0)
		return -EPROTONOSUPPORT;
	error = pair_create(type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), pair);
	if (error)
		return error;
	error = wrap(pair[0], type, &out[0]);
	if (error == 0)
		error = wrap(pair[1], type, &out[1]);
	else
		discard(pair[1]);
	if (error && out[0] != NULL)
		file_put(out[0]);
	return error;
}

int net_accept(struct file *f, struct sockaddr *addr, socklen_t *len, unsigned flags,
	       struct file **out)
{
	struct socket *s = socket_of(f), *accepted;
	struct endpoint peer = { 0 };
	int error;
	CALL("accept", f);

	if (s == NULL)
		return call.result = -ENOTSOCK;
	if (s->ops->accept == NULL)
		return call.result = -EOPNOTSUPP;
	if (addr != NULL && len == NULL)
		return call.result = -EFAULT;
	net_lock();
	error = s->ops->accept(s, &accepted, socket_nonblock(f, 0));
	if (error == 0)
		accepted->ops->name(accepted, true, &peer);
	net_unlock();
	if (error)
		return call.result = error;
	if (addr != NULL)
		endpoint_to_sockaddr(&peer, addr, len);
	return call.result = wrap(accepted, (int)flags, out);
}

/* --- Names and connections --- */

int net_bind(struct file *f, const struct sockaddr *addr, socklen_t len)
{
	struct socket *s = socket_of(f);
	struct endpoint local;
	int error;
	CALL("bind", f);

	if (s == NULL)
		return call.result = -ENOTSOCK;
	if (s->ops->bind == NULL)
		return call.result = -EOPNOTSUPP;
	error = endpoint_from_sockaddr(&local, addr, len);
	if (error)
		return call.result = error;
	net_lock();
	error = endpoint_check_local(&local);
	if (error == 0)
		error = s->ops->bind(s, &local);
	net_unlock();
	return call.result = error;
}

int net_listen(struct file *f, int backlog)
{
	struct socket *s = socket_of(f);
	int error;
	CALL("listen", f);

	if (s == NULL)
		return call.result = -ENOTSOCK;
	if (s->ops->listen == NULL)
		return call.result = -EOPNOTSUPP;
	net_lock();
	error = s->ops->listen(s, backlog);
	net_unlock();
	return call.result = error;
}

int net_connect(struct file *f, const struct sockaddr *addr, socklen_t len)
{
	struct socket *s = socket_of(f);
	struct endpoint remote;
	bool dissolve;
	int error = 0;
	CALL("connect", f);

	if (s == NULL)
		return call.result = -ENOTSOCK;
	if (s->ops->connect == NULL)
		return call.result = -EISCONN;
	dissolve = addr != NULL && len >= sizeof(addr->sa_family) && addr->sa_family == AF_UNSPEC;
	if (!dissolve)
		error = endpoint_from_sockaddr(&remote, addr, len);
	if (error)
		return call.result = error;
	if (!dissolve)
		endpoint_fix_destination(&remote);
	net_lock();
	error = s->ops->connect(s, dissolve ? NULL : &remote, socket_nonblock(f, 0));
	net_unlock();
	return call.result = error;
}

int net_shutdown(struct file *f, int how)
{
	struct socket *s = socket_of(f);
	int error;
	CALL("shutdown", f);

	if (s == NULL)
		return call.result = -ENOTSOCK;
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return call.result = -EINVAL;
	net_lock();
	error = s->ops->shutdown(s, how);
	net_unlock();
	return call.result = error;
}

static int name(struct file *f, bool peer, struct sockaddr *addr, socklen_t *len)
{
	struct socket *s = socket_of(f);
	struct endpoint e = { 0 };
	int error;

	if (s == NULL)
		return -ENOTSOCK;
	if (addr == NULL || len == NULL)
		return -EFAULT;
	net_lock();
	error = s->ops->name(s, peer, &e);
	net_unlock();
	if (error)
		return error;
	endpoint_to_sockaddr(&e, addr, len);
	if (s->domain == AF_UNIX) {
		addr->sa_family = AF_UNIX; /* and no path: only socket pairs exist */
		*len = sizeof(addr->sa_family);
	}
	return 0;
}

int net_getsockname(struct file *f, struct sockaddr *addr, socklen_t *len)
{
	return name(f, false, addr, len);
}

int net_getpeername(struct file *f, struct sockaddr *addr, socklen_t *len)
{
	return name(f, true, addr, len);
}

int net_setsockopt(struct file *f, int level, int name, const void *value, socklen_t len)
{
	struct socket *s = socket_of(f);
	int error;

	if (s == NULL)
		return -ENOTSOCK;
	net_lock();
	error = socket_set_option(s, level, name, value, len);
	net_unlock();
	return error;
}

int net_getsockopt(struct file *f, int level, int name, void *value, socklen_t *len)
{
	struct socket *s = socket_of(f);
	int error;

	if (s == NULL)
		return -ENOTSOCK;
	if (value == NULL || len == NULL)
		return -EFAULT;
	net_lock();
	error = socket_get_option(s, level, name, value, len);
	net_unlock();
	return error;
}

/* --- Data --- */

ssize_t net_sendmsg(struct file *f, const struct msghdr *msg, int flags)
{
	struct socket *s = socket_of(f);
	struct iov iov = { msg->msg_iov, msg->msg_iovlen, 0 };
	bool named = msg->msg_name != NULL && msg->msg_namelen != 0;
	struct endpoint to;
	ssize_t n;
	int error = 0;
	CALL("send", f);

	if (s == NULL)
		return call.result = -ENOTSOCK;
	if (flags & MSG_OOB)
		return call.result = -EOPNOTSUPP;
	if (named)
		error = endpoint_from_sockaddr(&to, msg->msg_name, msg->msg_namelen);
	if (error)
		return call.result = error;
	if (named)
		endpoint_fix_destination(&to);
	if (socket_nonblock(f, flags))
		flags |= MSG_DONTWAIT;
	net_lock();
	n = s->ops->send(s, &iov, flags, named ? &to : NULL);
	net_unlock();
	return call.result = n;
}

ssize_t net_recvmsg(struct file *f, struct msghdr *msg, int flags)
{
	struct socket *s = socket_of(f);
	struct iov iov = { msg->msg_iov, msg->msg_iovlen, 0 };
	struct received info = { .flags = 0 };
	ssize_t n;
	CALL("recv", f);

	if (s == NULL)
		return call.result = -ENOTSOCK;
	if (flags & MSG_OOB)
		return call.result = -EINVAL; /* no urgent data is ever kept apart */
	if (socket_nonblock(f, flags))
		flags |= MSG_DONTWAIT;
	net_lock();
	n = s->ops->recv(s, &iov, flags, &info);
	net_unlock();
	if (n < 0)
		return call.result = n;
	msg->msg_flags = info.flags;
	msg->msg_controllen = 0;
	if (msg->msg_name == NULL || s->type == SOCK_STREAM || s->domain != AF_INET)
		msg->msg_namelen = 0;
	else
		endpoint_to_sockaddr(&info.from, msg->msg_name, &msg->msg_namelen);
	return call.result = n;
}

/* --- As a file --- */

static ssize_t socket_read(struct file *f, void *buf, size_t len)
{
	struct iovec vec = { buf, len };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1 };

	return net_recvmsg(f, &msg, 0);
}

static ssize_t socket_write(struct file *f, const void *buf, size_t len)
{
	struct iovec vec = { (void *)buf, len };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1 };

	return net_sendmsg(f, &msg, 0);
}

static int socket_stat(struct file *f, struct stat *st)
{
	(void)f;
	*st = (struct stat){ .st_mode = S_IFSOCK | 0777, .st_nlink = 1, .st_blksize = 4096 };
	return 0;
}

static int set_nonblock(struct file *f, const int *on)
{
	if (*on)
		atomic_fetch_or(&f->flags, O_NONBLOCK);
	else
		atomic_fetch_and(&f->flags, ~(unsigned)O_NONBLOCK);
	return 0;
}

static int socket_ioctl(struct file *f, unsigned long request, void *arg)
{
	struct socket *s = f->data;
	int error = 0;

	if (request == FIONBIO)
		return set_nonblock(f, arg);
	net_lock();
	if (request == FIONREAD)
		*(int *)arg = (int)s->ops->readable(s);
	else
		error = iface_ioctl(request, arg);
	net_unlock();
	return error;
}

/*
 * A full transmit ring or a missing lease is not this socket's own condition: while there is one,
 * poll waits for its end too.
 */
static short socket_poll(struct file *f, struct poll_table *table)
{
	struct socket *s = f->data;
	short events;

	net_lock();
	if (table != NULL) {
		table->add(table, &s->wait);
		if (iface_stalled() || config_pending())
			table->add(table, &net_ready);
	}
	events = s->ops->poll(s);
	net_unlock();
	return events;
}

static void socket_close(struct file *f)
{
	discard(f->data);
}

static const struct file_ops socket_file_ops = {
	.read = socket_read,
	.write = socket_write,
	.stat = socket_stat,
	.ioctl = socket_ioctl,
	.poll = socket_poll,
	.close = socket_close,
};
