/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Socket options: SOL_SOCKET and IPPROTO_IP here, the rest by the kind of socket. Under net_lock.
 */
#include "net/socket.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>

#define NS_PER_S  1000000000ull
#define NS_PER_US 1000ull

/* Less than a few frames' worth would only make the peer stutter. */
#define SOCKET_BUFFER_MIN 2048

/* --- Values --- */

static int get_int(const void *value, socklen_t len, int *out)
{
	if (len < sizeof(*out))
		return -EINVAL;
	if (value == NULL)
		return -EFAULT;
	memcpy(out, value, sizeof(*out));
	return 0;
}

static int put(void *to, socklen_t *len, const void *value, size_t size)
{
	if (*len > size)
		*len = (socklen_t)size;
	memcpy(to, value, *len);
	return 0;
}

static int put_int(void *to, socklen_t *len, int value)
{
	return put(to, len, &value, sizeof(value));
}

static int set_timeout(uint64_t *timeout_ns, const void *value, socklen_t len)
{
	struct timeval tv;

	if (len < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, value, sizeof(tv));
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000 || tv.tv_sec < 0)
		return -EDOM;
	*timeout_ns = (uint64_t)tv.tv_sec * NS_PER_S + (uint64_t)tv.tv_usec * NS_PER_US;
	return 0;
}

static int put_timeout(void *to, socklen_t *len, uint64_t timeout_ns)
{
	struct timeval tv = {
		.tv_sec = (time_t)(timeout_ns / NS_PER_S),
		.tv_usec = (suseconds_t)(timeout_ns % NS_PER_S / NS_PER_US),
	};

	return put(to, len, &tv, sizeof(tv));
}

static int set_linger(struct socket_options *o, const void *value, socklen_t len)
{
	struct linger linger;

	if (len < sizeof(linger))
		return -EINVAL;
	memcpy(&linger, value, sizeof(linger));
	o->linger = linger.l_onoff != 0;
	o->linger_s = linger.l_linger > 0 ? (unsigned)linger.l_linger : 0;
	return 0;
}

static int put_linger(void *to, socklen_t *len, const struct socket_options *o)
{
	struct linger linger = { .l_onoff = o->linger, .l_linger = (int)o->linger_s };

	return put(to, len, &linger, sizeof(linger));
}

static unsigned buffer_size(int value)
{
	if (value < SOCKET_BUFFER_MIN)
		return SOCKET_BUFFER_MIN;
	return value < SOCKET_BUFFER_MAX ? (unsigned)value : SOCKET_BUFFER_MAX;
}

/* --- Setting --- */

static void set_pcb_option(struct ip_pcb *pcb, u8_t option, bool on)
{
	if (on)
		ip_set_option(pcb, option);
	else
		ip_reset_option(pcb, option);
}

void socket_apply_ip_options(struct socket *s)
{
	struct ip_pcb *pcb = s->pcb.ip;

	if (pcb == NULL)
		return;
	set_pcb_option(pcb, SOF_REUSEADDR, s->options.reuse_address);
	set_pcb_option(pcb, SOF_KEEPALIVE, s->options.keep_alive);
	set_pcb_option(pcb, SOF_BROADCAST, s->options.broadcast);
	pcb->ttl = s->options.ttl;
	pcb->tos = s->options.tos;
}

static int set_socket_int(struct socket *s, int name, int value)
{
	struct socket_options *o = &s->options;

	switch (name) {
	case SO_REUSEADDR: o->reuse_address = value != 0; return 0;
	case SO_KEEPALIVE: o->keep_alive = value != 0; return 0;
	case SO_BROADCAST: o->broadcast = value != 0; return 0;
	case SO_RCVBUF:    o->receive_buffer = buffer_size(value); return 0;
	case SO_SNDBUF:    o->send_buffer = buffer_size(value); return 0;
	default:           return -ENOPROTOOPT;
	}
}

static int set_ip_int(struct socket *s, int name, int value)
{
	if (name != IP_TTL && name != IP_TOS)
		return -ENOPROTOOPT;
	if (name == IP_TTL && value == -1)
		value = IP_DEFAULT_TTL;
	if (value < (name == IP_TTL) || value > 255)
		return -EINVAL;
	*(name == IP_TTL ? &s->options.ttl : &s->options.tos) = (u8_t)value;
	return 0;
}

static int set_int(struct socket *s, int level, int name, int value)
{
	switch (level) {
	case SOL_SOCKET: return set_socket_int(s, name, value);
	case IPPROTO_IP: return set_ip_int(s, name, value);
	default:         break;
	}
	return s->ops->set_option ? s->ops->set_option(s, level, name, value) : -ENOPROTOOPT;
}

int socket_set_option(struct socket *s, int level, int name, const void *value, socklen_t len)
{
	int error, number;

	if (level == SOL_SOCKET && name == SO_LINGER)
		return set_linger(&s->options, value, len);
	if (level == SOL_SOCKET && name == SO_RCVTIMEO)
		return set_timeout(&s->options.receive_timeout_ns, value, len);
	if (level == SOL_SOCKET && name == SO_SNDTIMEO)
		return set_timeout(&s->options.send_timeout_ns, value, len);
	error = get_int(value, len, &number);
	if (error == 0)
		error = set_int(s, level, name, number);
	if (error == 0 && s->ops->options_changed)
		s->ops->options_changed(s);
	return error;
}

/* --- Getting --- */

static int get_kind_int(struct socket *s, int level, int name, int *value)
{
	return s->ops->get_option ? s->ops->get_option(s, level, name, value) : -ENOPROTOOPT;
}

static int get_socket_int(struct socket *s, int name, int *value)
{
	const struct socket_options *o = &s->options;

	switch (name) {
	case SO_TYPE:       *value = s->type; return 0;
	case SO_DOMAIN:     *value = s->domain; return 0;
	case SO_PROTOCOL:   *value = s->protocol; return 0;
	case SO_ERROR:      *value = -socket_take_error(s); return 0;
	case SO_REUSEADDR:  *value = o->reuse_address; return 0;
	case SO_KEEPALIVE:  *value = o->keep_alive; return 0;
	case SO_BROADCAST:  *value = o->broadcast; return 0;
	case SO_RCVBUF:     *value = (int)o->receive_buffer; return 0;
	case SO_SNDBUF:     *value = (int)o->send_buffer; return 0;
	default:            return get_kind_int(s, SOL_SOCKET, name, value);
	}
}

static int get_ip_int(struct socket *s, int name, int *value)
{
	if (name != IP_TTL && name != IP_TOS)
		return -ENOPROTOOPT;
	*value = name == IP_TTL ? s->options.ttl : s->options.tos;
	return 0;
}

static int get_number(struct socket *s, int level, int name, int *value)
{
	switch (level) {
	case SOL_SOCKET: return get_socket_int(s, name, value);
	case IPPROTO_IP: return get_ip_int(s, name, value);
	default:         return get_kind_int(s, level, name, value);
	}
}

int socket_get_option(struct socket *s, int level, int name, void *value, socklen_t *len)
{
	int error, number = 0;

	if (level == SOL_SOCKET && name == SO_LINGER)
		return put_linger(value, len, &s->options);
	if (level == SOL_SOCKET && name == SO_RCVTIMEO)
		return put_timeout(value, len, s->options.receive_timeout_ns);
	if (level == SOL_SOCKET && name == SO_SNDTIMEO)
		return put_timeout(value, len, s->options.send_timeout_ns);
	error = get_number(s, level, name, &number);
	return error ? error : put_int(value, len, number);
}
