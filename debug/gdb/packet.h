/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets of gdb's remote serial protocol ("Debugging with GDB", appendix E.1): $data#checksum, each
 * acknowledged by + or -, until both sides agree to do without.
 *
 * All of it is for the one CPU that debugger_enter() let through.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port;

#define PACKET_CTRL_C 3
#define PACKET_MAX 4096u /* bytes of data, in either direction */

enum packet_kind {
	PACKET_NOTHING,   /* has arrived yet */
	PACKET_DATA,
	PACKET_TOO_LONG,
	PACKET_INTERRUPT, /* PACKET_CTRL_C outside of any packet */
	PACKET_CLOSED,    /* there is no host at the other end */
	PACKET_GONE,      /* nor a line */
};

struct packet {
	size_t len;
	char data[PACKET_MAX + 1]; /* binary data unescaped; NUL-terminated */
};

/* A line for new conversations: acknowledged, nothing half received. */
void gdb_packet_open(struct port *);

/* The next byte, left where it is; negative: none. And whether a packet has begun with what came. */
int gdb_packet_peek(void);
bool gdb_packet_begins(void);

/* The next that can be had without waiting. What is damaged is asked for again. */
enum packet_kind gdb_packet_next(struct packet *);
void gdb_packet_no_acks(void);

/*
 * Replies are put together piece by piece and sent at the end. One that grows too long is not sent
 * but for "E01" in its place.
 */
void gdb_reply_begin(void);
void gdb_reply_byte(char c);
void gdb_reply_text(const char *);
void gdb_reply_hex(const void *bytes, size_t len); /* two digits each */
void gdb_reply_unknown(size_t len);                /* bytes that nobody knows: xx */
void gdb_reply_number(uint64_t);                   /* hexadecimal */
void gdb_reply_binary(char c);                     /* escaped */
void gdb_reply_first(char c);                      /* in place of the first byte */
bool gdb_reply_empty(void);
size_t gdb_reply_room(void);                       /* bytes that still fit */
void gdb_reply_send(void);
