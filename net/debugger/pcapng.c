/* SPDX-License-Identifier: BSD-2-Clause */
/* net/debugger/pcapng.h. Numbers are in this machine's order of bytes, which the section says. */
#include "net/debugger/pcapng.h"
#include <string.h>

enum { BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_FRAME = 6, BLOCK_SECTION = 0x0a0d0d0a };
enum { OPTION_END = 0, SECTION_USER_APPLICATION = 4 };
enum { INTERFACE_NAME = 2, INTERFACE_MAC = 6, INTERFACE_RESOLUTION = 9 };
enum { FRAME_FLAGS = 2, FRAME_LOST = 4, STATISTICS_PASSED = 4, STATISTICS_LOST = 5 };
enum { FLAG_IN = 1, FLAG_OUT = 2, LINK_ETHERNET = 1, NANOSECONDS = 9 };

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define FRAME_HEAD_BYTES 28u

static uint32_t padded(uint32_t len)
{
	return (len + 3) & ~3u;
}

static uint8_t *put(uint8_t *at, const void *data, size_t len)
{
	memcpy(at, data, len);
	return at + len;
}

static uint8_t *put16(uint8_t *at, uint16_t v)
{
	return put(at, &v, sizeof v);
}

static uint8_t *put32(uint8_t *at, uint32_t v)
{
	return put(at, &v, sizeof v);
}

static uint8_t *put_time(uint8_t *at, uint64_t ns)
{
	return put32(put32(at, (uint32_t)(ns >> 32)), (uint32_t)ns);
}

static uint8_t *put_option(uint8_t *at, uint16_t code, const void *data, uint16_t len)
{
	at = put16(put16(at, code), len);
	memset(at, 0, padded(len));
	memcpy(at, data, len);
	return at + padded(len);
}

static uint8_t *begin(uint8_t *out, uint32_t type)
{
	return put32(out, type) + sizeof(uint32_t); /* its length is known at the end */
}

static size_t end(uint8_t *out, uint8_t *at)
{
	uint32_t len = (uint32_t)(at - out) + sizeof len;

	put32(out + sizeof(uint32_t), len);
	put32(at, len);
	return len;
}

size_t pcapng_section(uint8_t *out)
{
	static const char name[] = "Thimble";
	uint8_t *at = put32(begin(out, BLOCK_SECTION), BYTE_ORDER_MAGIC);

	at = put16(put16(at, 1), 0);
	at = put32(put32(at, UINT32_MAX), UINT32_MAX); /* how long the section is, is not known */
	at = put_option(at, SECTION_USER_APPLICATION, name, sizeof name - 1);
	return end(out, put_option(at, OPTION_END, "", 0));
}

size_t pcapng_interface(uint8_t *out, const char *name, const uint8_t mac[static 6])
{
	static const uint8_t resolution = NANOSECONDS;
	uint8_t *at = put16(put16(begin(out, BLOCK_INTERFACE), LINK_ETHERNET), 0);

	at = put32(at, 0); /* frames are kept whole */
	at = put_option(at, INTERFACE_NAME, name, (uint16_t)strlen(name));
	at = put_option(at, INTERFACE_MAC, mac, 6);
	at = put_option(at, INTERFACE_RESOLUTION, &resolution, 1);
	return end(out, put_option(at, OPTION_END, "", 0));
}

static uint32_t tail_bytes(const struct pcapng_frame *f)
{
	return padded(f->len) - f->len + 8 + (f->lost ? 12 : 0) + 4 + 4;
}

size_t pcapng_frame_bytes(const struct pcapng_frame *f)
{
	return FRAME_HEAD_BYTES + f->len + tail_bytes(f);
}

size_t pcapng_frame_head(uint8_t *out, const struct pcapng_frame *f)
{
	uint8_t *at = put32(out, BLOCK_FRAME);

	at = put32(put32(at, (uint32_t)pcapng_frame_bytes(f)), f->interface);
	at = put32(put32(put_time(at, f->ns), f->len), f->len);
	return (size_t)(at - out);
}

size_t pcapng_frame_tail(uint8_t *out, const struct pcapng_frame *f)
{
	uint32_t flags = f->out ? FLAG_OUT : FLAG_IN, pad = padded(f->len) - f->len;
	uint8_t *at = out + pad;

	memset(out, 0, pad);
	at = put_option(at, FRAME_FLAGS, &flags, sizeof flags);
	if (f->lost)
		at = put_option(at, FRAME_LOST, &f->lost, sizeof f->lost);
	at = put_option(at, OPTION_END, "", 0);
	return (size_t)(put32(at, (uint32_t)pcapng_frame_bytes(f)) - out);
}

size_t pcapng_statistics(uint8_t *out, unsigned interface, uint64_t ns, uint64_t passed, uint64_t lost)
{
	uint8_t *at = put_time(put32(begin(out, BLOCK_STATISTICS), interface), ns);

	at = put_option(at, STATISTICS_PASSED, &passed, sizeof passed);
	at = put_option(at, STATISTICS_LOST, &lost, sizeof lost);
	return end(out, put_option(at, OPTION_END, "", 0));
}
