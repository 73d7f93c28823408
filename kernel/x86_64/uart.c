/* SPDX-License-Identifier: BSD-2-Clause */
/* A 16550A: see uart.h. */
#include "kernel/x86_64/uart.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/io.h"

#define DIVISOR_115200 1

enum {
	REG_DATA = 0, REG_IER = 1, REG_IIR = 2, REG_FCR = 2, REG_LCR = 3, REG_MCR = 4, REG_LSR = 5,
	REG_SCRATCH = 7, REG_DIVISOR_LOW = 0, REG_DIVISOR_HIGH = 1, /* with LCR_DIVISOR */
};
enum { IER_RECEIVE = 1 << 0, IER_TRANSMIT = 1 << 1, IER_LINE_STATUS = 1 << 2 };
enum { IIR_NONE = 1 << 0, FCR_ENABLE_AND_CLEAR = 0x07, LCR_8N1 = 3, LCR_DIVISOR = 1 << 7 };
/* OUT2 connects the interrupt on a PC. */
enum { MCR_DTR = 1 << 0, MCR_RTS = 1 << 1, MCR_OUT2 = 1 << 3, MCR_LOOP = 1 << 4 };
enum { LSR_DATA_READY = 1 << 0, LSR_BREAK = 1 << 4, LSR_THR_EMPTY = 1 << 5 };

/* 16 bytes take 1.4 ms at 115200 baud; who does not take them in this many polls has hung. */
#define POLLS_MAX 1000000

static void write(struct uart *u, unsigned reg, uint8_t value)
{
	outb((uint16_t)(u->base + reg), value);
}

static uint8_t read(struct uart *u, unsigned reg)
{
	return inb((uint16_t)(u->base + reg));
}

static bool present(struct uart *u)
{
	write(u, REG_SCRATCH, 0x5a);
	return read(u, REG_SCRATCH) == 0x5a;
}

/*
 * Turning the FIFO on clears the receiver. The loop-back keeps the line's next byte away while the
 * one that is there moves out.
 */
static void start_fifo(struct uart *u)
{
	write(u, REG_MCR, MCR_LOOP);
	u->early_held = read(u, REG_LSR) & LSR_DATA_READY;
	if (u->early_held)
		u->early = (char)read(u, REG_DATA);
	write(u, REG_FCR, FCR_ENABLE_AND_CLEAR);
	write(u, REG_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
}

bool uart_init(struct uart *u)
{
	if (!present(u))
		return false;
	write(u, REG_IER, 0);
	write(u, REG_LCR, LCR_DIVISOR | LCR_8N1);
	write(u, REG_DIVISOR_LOW, DIVISOR_115200);
	write(u, REG_DIVISOR_HIGH, 0);
	write(u, REG_LCR, LCR_8N1);
	start_fifo(u);
	return true;
}

size_t uart_send(struct uart *u, const char *text, size_t len)
{
	size_t n = len < UART_FIFO ? len : UART_FIFO;

	if (n == 0 || !(read(u, REG_LSR) & LSR_THR_EMPTY))
		return 0;
	for (size_t i = 0; i < n; i++)
		write(u, REG_DATA, (uint8_t)text[i]);
	return n;
}

bool uart_wait_until_empty(struct uart *u)
{
	for (unsigned i = 0; i < POLLS_MAX; i++) {
		if (read(u, REG_LSR) & LSR_THR_EMPTY)
			return true;
		cpu_relax();
	}
	return false;
}

/* A break comes with a byte of zeros. */
enum uart_received uart_receive(struct uart *u, char *byte)
{
	uint8_t status;

	if (u->early_held) {
		u->early_held = false;
		*byte = u->early;
		return UART_BYTE;
	}
	status = read(u, REG_LSR);
	if (!(status & LSR_DATA_READY))
		return UART_NOTHING;
	*byte = (char)read(u, REG_DATA);
	return status & LSR_BREAK ? UART_BREAK : UART_BYTE;
}

void uart_set_interrupts(struct uart *u, bool receive, bool transmit)
{
	uint8_t wanted = (uint8_t)((receive ? IER_RECEIVE | IER_LINE_STATUS : 0) |
				   (transmit ? IER_TRANSMIT : 0));

	if (wanted == u->interrupts)
		return;
	u->interrupts = wanted;
	write(u, REG_IER, wanted);
}

bool uart_interrupting(struct uart *u)
{
	return !(read(u, REG_IIR) & IIR_NONE);
}
