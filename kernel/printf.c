/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printf for the kernel: the integer and string conversions of C11 7.21.6.1, no floating point.
 * Needs nothing else of the kernel, so that it works before everything and after a panic.
 */
#include "kernel/printf.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct out {
	char *buf;
	size_t size; /* of buf */
	size_t len;  /* of the whole text, also of what did not fit */
};

struct spec {
	bool left, plus, space, alternate, zero, upper;
	int width;
	int precision; /* -1: none given */
	char length;   /* 'H' for hh, 'h', 'l', 'q' for ll, 'z', 't', 'j', 0 */
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_repeated(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_text(struct out *o, const struct spec *s, const char *text, size_t len)
{
	int pad = s->width - (int)len;

	if (!s->left)
		put_repeated(o, ' ', pad);
	for (size_t i = 0; i < len; i++)
		put(o, text[i]);
	if (s->left)
		put_repeated(o, ' ', pad);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	if (!text)
		text = "(null)";
	put_text(o, s, text, s->precision < 0 ? strlen(text) : strnlen(text, (size_t)s->precision));
}

/*
 * The digits of v, last one at end - 1; returns the first. Zero has no digits here: precision makes
 * the usual one.
 */
static char *digits(char *end, uint64_t v, unsigned base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; v; v /= base)
		*--end = set[v % base];
	return end;
}

static size_t prefix_of(char *prefix, const struct spec *s, unsigned base, char sign, uint64_t v)
{
	size_t n = 0;

	if (sign)
		prefix[n++] = sign;
	if (s->alternate && base == 16 && v) {
		prefix[n++] = '0';
		prefix[n++] = s->upper ? 'X' : 'x';
	}
	return n;
}

static void put_number(struct out *o, const struct spec *s, uint64_t v, unsigned base, char sign)
{
	char text[24], prefix[4];
	char *end = text + sizeof(text), *first = digits(end, v, base, s->upper);
	int len = (int)(end - first), precision = s->precision < 0 ? 1 : s->precision;
	int nprefix = (int)prefix_of(prefix, s, base, sign, v);
	int zeros, pad;

	if (s->alternate && base == 8 && precision <= len)
		precision = len + 1;
	if (s->zero && !s->left && s->precision < 0 && s->width - nprefix > precision)
		precision = s->width - nprefix;
	zeros = precision > len ? precision - len : 0;
	pad = s->width - nprefix - zeros - len;
	if (!s->left)
		put_repeated(o, ' ', pad);
	for (int i = 0; i < nprefix; i++)
		put(o, prefix[i]);
	put_repeated(o, '0', zeros);
	while (first < end)
		put(o, *first++);
	if (s->left)
		put_repeated(o, ' ', pad);
}

static int64_t signed_arg(const struct spec *s, va_list *ap)
{
	switch (s->length) {
	case 'H': return (signed char)va_arg(*ap, int);
	case 'h': return (short)va_arg(*ap, int);
	case 0:   return va_arg(*ap, int);
	default:  return va_arg(*ap, int64_t); /* l, ll, z, t and j are all 64 bits wide */
	}
}

static uint64_t unsigned_arg(const struct spec *s, va_list *ap)
{
	switch (s->length) {
	case 'H': return (unsigned char)va_arg(*ap, unsigned);
	case 'h': return (unsigned short)va_arg(*ap, unsigned);
	case 0:   return va_arg(*ap, unsigned);
	default:  return va_arg(*ap, uint64_t);
	}
}

static void put_signed(struct out *o, const struct spec *s, int64_t v)
{
	char sign = v < 0 ? '-' : s->plus ? '+' : s->space ? ' ' : 0;

	put_number(o, s, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, sign);
}

static const char *parse_flags(const char *f, struct spec *s)
{
	for (;; f++) {
		switch (*f) {
		case '-': s->left = true; break;
		case '+': s->plus = true; break;
		case ' ': s->space = true; break;
		case '#': s->alternate = true; break;
		case '0': s->zero = true; break;
		default:  return f;
		}
	}
}

static const char *parse_int(const char *f, int *n, va_list *ap)
{
	if (*f == '*') {
		*n = va_arg(*ap, int);
		return f + 1;
	}
	for (*n = 0; *f >= '0' && *f <= '9'; f++)
		if (*n < 100000)
			*n = *n * 10 + (*f - '0');
	return f;
}

static const char *parse_length(const char *f, struct spec *s)
{
	if (!*f || !strchr("hlztj", *f))
		return f;
	s->length = *f++;
	if (*f == s->length && (*f == 'h' || *f == 'l'))
		s->length = *f++ == 'h' ? 'H' : 'q';
	return f;
}

static const char *parse_spec(const char *f, struct spec *s, va_list *ap)
{
	*s = (struct spec){ .precision = -1 };
	f = parse_int(parse_flags(f, s), &s->width, ap);
	if (s->width < 0) {
		s->left = true;
		s->width = -s->width;
	}
	if (*f == '.')
		f = parse_int(f + 1, &s->precision, ap);
	return parse_length(f, s);
}

/*
 * One conversion, at its letter; returns what follows. An unknown one is copied, so that the
 * mistake shows.
 */
static const char *convert(struct out *o, const char *f, struct spec *s, va_list *ap)
{
	char c;

	switch (*f) {
	case 'd': case 'i': put_signed(o, s, signed_arg(s, ap)); break;
	case 'u': put_number(o, s, unsigned_arg(s, ap), 10, 0); break;
	case 'o': put_number(o, s, unsigned_arg(s, ap), 8, 0); break;
	case 'X': s->upper = true; /* fall through */
	case 'x': put_number(o, s, unsigned_arg(s, ap), 16, 0); break;
	case 'p': s->alternate = true; put_number(o, s, va_arg(*ap, uint64_t), 16, 0); break;
	case 's': put_string(o, s, va_arg(*ap, const char *)); break;
	case 'c': c = (char)va_arg(*ap, int); put_text(o, s, &c, 1); break;
	case '%': put(o, '%'); break;
	case '\0': return f;
	default: put(o, '%'); put(o, *f); break;
	}
	return f + 1;
}

int kvsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { .buf = buf, .size = size };
	struct spec s;
	va_list ap;

	va_copy(ap, args); /* a parameter of array type cannot be pointed at */
	while (*fmt) {
		if (*fmt == '%')
			fmt = convert(&o, parse_spec(fmt + 1, &s, &ap), &s, &ap);
		else
			put(&o, *fmt++);
	}
	va_end(ap);
	if (size)
		buf[o.len < size ? o.len : size - 1] = '\0';
	return (int)o.len;
}

int ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = kvsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len;
}
