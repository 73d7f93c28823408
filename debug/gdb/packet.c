/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets, byte by byte. The system is frozen: both directions poll the port. */
#include "debug/gdb/packet.h"
#include "kernel/port.h"
#include "kernel/x86_64/cpu.h"
#include <errno.h>

#define ESCAPE    '}'
#define ESCAPE_XOR 0x20

static struct port *port;
static bool acks, lost;

static uint8_t input[256];
static unsigned input_len, input_at;

static enum { BETWEEN, IN_DATA, ESCAPED, FIRST_DIGIT, SECOND_DIGIT } state;
static uint8_t sum;
static int first_digit;
static bool too_long;

static char reply[PACKET_MAX + 4]; /* $data#xx */
static size_t reply_len;
static bool overflown;

static const char digits[] = "0123456789abcdef";

void gdb_packet_open(struct port *p)
{
	port = p;
	acks = true;
	lost = false;
	state = BETWEEN;
	reply_len = 0;
}

void gdb_packet_no_acks(void)
{
	acks = false;
}

/* A host that is there and does not take it is waited for: nothing else can be done before it has. */
static void send(const char *text, size_t len)
{
	while (len && !lost) {
		ssize_t n = port->ops->frozen_write(port, text, len);

		if (n < 0 && (n != -EAGAIN || !port->connected))
			lost = true;
		if (n <= 0) {
			cpu_relax();
			continue;
		}
		text += n;
		len -= (size_t)n;
	}
}

/* The next byte, or -errno; -EAGAIN: none yet, -EPIPE: nor will be. It stays where it is. */
static int next_byte(void)
{
	ssize_t n = 1;

	if (input_at == input_len) {
		n = port->ops->frozen_read(port, input, sizeof(input));
		input_at = input_len = 0;
		if (n > 0)
			input_len = (unsigned)n;
	}
	if (n <= 0)
		return n == 0 ? -EPIPE : (int)n;
	return input[input_at];
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void add(struct packet *p, char c)
{
	if (p->len < PACKET_MAX)
		p->data[p->len++] = c;
	else
		too_long = true;
}

static void begin(struct packet *p)
{
	p->len = 0;
	sum = 0;
	too_long = false;
	state = IN_DATA;
}

static enum packet_kind end(struct packet *p, int c)
{
	bool good = first_digit >= 0 && hex_digit(c) >= 0 && (first_digit << 4 | hex_digit(c)) == sum;

	state = BETWEEN;
	if (acks)
		send(good ? "+" : "-", 1);
	if (!good)
		return PACKET_NOTHING;
	p->data[p->len] = '\0';
	return too_long ? PACKET_TOO_LONG : PACKET_DATA;
}

static enum packet_kind between(struct packet *p, int c)
{
	if (c == '$')
		begin(p);
	else if (c == '-' && acks)
		send(reply, reply_len);
	return c == PACKET_CTRL_C ? PACKET_INTERRUPT : PACKET_NOTHING;
}

/* A $ begins a packet wherever it stands: it is escaped in data. */
static void in_data(struct packet *p, int c)
{
	if (c == '$') {
		begin(p);
		return;
	}
	if (c == '#') {
		state = FIRST_DIGIT;
		return;
	}
	sum = (uint8_t)(sum + c);
	if (state == IN_DATA && c == ESCAPE) {
		state = ESCAPED;
		return;
	}
	add(p, (char)(state == ESCAPED ? c ^ ESCAPE_XOR : c));
	state = IN_DATA;
}

static enum packet_kind take(struct packet *p, int c)
{
	switch (state) {
	case BETWEEN:
		return between(p, c);
	case FIRST_DIGIT:
		first_digit = hex_digit(c);
		state = SECOND_DIGIT;
		return PACKET_NOTHING;
	case SECOND_DIGIT:
		return end(p, c);
	default:
		in_data(p, c);
		return PACKET_NOTHING;
	}
}

int gdb_packet_peek(void)
{
	return next_byte();
}

/* What lies between packets is passed over: acknowledgements, noise. */
bool gdb_packet_begins(void)
{
	int c;

	while ((c = next_byte()) >= 0 && c != '$')
		input_at++;
	return c == '$';
}

enum packet_kind gdb_packet_next(struct packet *p)
{
	enum packet_kind kind = PACKET_NOTHING;

	while (kind == PACKET_NOTHING) {
		int c = lost ? -EPIPE : next_byte();

		if (c == -EAGAIN)
			break;
		if (c < 0)
			return c == -EPIPE ? PACKET_CLOSED : PACKET_GONE;
		input_at++;
		kind = take(p, c);
	}
	return kind;
}

void gdb_reply_begin(void)
{
	reply[0] = '$';
	reply_len = 1;
	overflown = false;
}

size_t gdb_reply_room(void)
{
	return PACKET_MAX + 1 - reply_len;
}

void gdb_reply_byte(char c)
{
	if (!gdb_reply_room()) {
		overflown = true;
		return;
	}
	reply[reply_len++] = c;
}

void gdb_reply_text(const char *text)
{
	while (*text)
		gdb_reply_byte(*text++);
}

void gdb_reply_hex(const void *bytes, size_t len)
{
	for (const uint8_t *b = bytes; len > 0; b++, len--) {
		gdb_reply_byte(digits[*b >> 4]);
		gdb_reply_byte(digits[*b & 15]);
	}
}

void gdb_reply_unknown(size_t len)
{
	while (len-- > 0)
		gdb_reply_text("xx");
}

void gdb_reply_number(uint64_t n)
{
	if (n >> 4)
		gdb_reply_number(n >> 4);
	gdb_reply_byte(digits[n & 15]);
}

void gdb_reply_binary(char c)
{
	if (c == '#' || c == '$' || c == ESCAPE || c == '*') {
		gdb_reply_byte(ESCAPE);
		c ^= ESCAPE_XOR;
	}
	gdb_reply_byte(c);
}

void gdb_reply_first(char c)
{
	reply[1] = c;
}

bool gdb_reply_empty(void)
{
	return reply_len == 1;
}

void gdb_reply_send(void)
{
	uint8_t checksum = 0;

	if (overflown) {
		gdb_reply_begin();
		gdb_reply_text("E01");
	}
	for (size_t i = 1; i < reply_len; i++)
		checksum = (uint8_t)(checksum + reply[i]);
	reply[reply_len++] = '#';
	reply[reply_len++] = digits[checksum >> 4];
	reply[reply_len++] = digits[checksum & 15];
	send(reply, reply_len);
}
