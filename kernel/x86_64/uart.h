/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 16550A, register by register: no locks, no rings. Source: National PC16550D datasheet.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART_FIFO 16u /* bytes */

struct uart {
	uint16_t base;
	uint8_t interrupts; /* as they are enabled */
	/* What the sender had handed over before the FIFO was on. */
	bool early_held;
	char early;
};

/* 115200 8N1, FIFO on, interrupts off. False: there is none. */
bool uart_init(struct uart *);

/* Up to a FIFO's worth, if the transmitter is empty; how much was taken. */
size_t uart_send(struct uart *, const char *, size_t len);

/* Waits until it is, for 16 bytes' time many times over; false: it has hung. */
bool uart_wait_until_empty(struct uart *);

enum uart_received { UART_NOTHING, UART_BYTE, UART_BREAK };
enum uart_received uart_receive(struct uart *, char *byte);

/* Which of its two kinds of interrupt it raises; and whether it raises one. */
void uart_set_interrupts(struct uart *, bool receive, bool transmit);
bool uart_interrupting(struct uart *);
