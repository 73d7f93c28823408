/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first serial port, a 16550A. Output polls, in bursts of its FIFO's length; input comes by
 * interrupt. Source: National PC16550D datasheet.
 */
#include "kernel/console.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "kernel/tty.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/io.h"

#define COM1      0x3f8
#define COM1_IRQ  4
#define FIFO_SIZE 16
#define DIVISOR_115200 1

enum {
	REG_DATA = 0, REG_IER = 1, REG_FCR = 2, REG_LCR = 3, REG_MCR = 4, REG_LSR = 5, REG_SCRATCH = 7,
	REG_DIVISOR_LOW = 0, REG_DIVISOR_HIGH = 1, /* with LCR_DIVISOR */
};
enum { IER_RECEIVE = 1 << 0, FCR_ENABLE_AND_CLEAR = 0x07, LCR_8N1 = 3, LCR_DIVISOR = 1 << 7 };
/* OUT2 connects the interrupt on a PC. */
enum { MCR_DTR = 1 << 0, MCR_RTS = 1 << 1, MCR_OUT2 = 1 << 3, MCR_LOOP = 1 << 4 };
enum { LSR_DATA_READY = 1 << 0, LSR_THR_EMPTY = 1 << 5 };

/*
 * 16 bytes take 1.4 ms at 115200 baud; who does not take them in this many polls has hung, and what
 * is printed is lost.
 */
#define POLLS_MAX 1000000

/* What the sender had handed over before the FIFO was on. */
static char early_byte;
static bool early_byte_held;

static bool present(void)
{
	outb(COM1 + REG_SCRATCH, 0x5a);
	return inb(COM1 + REG_SCRATCH) == 0x5a;
}

static bool wait_until_empty(void)
{
	for (unsigned i = 0; i < POLLS_MAX; i++) {
		if (inb(COM1 + REG_LSR) & LSR_THR_EMPTY)
			return true;
		cpu_relax();
	}
	return false;
}

static void serial_write(struct console *c, const char *text, size_t len)
{
	(void)c;
	while (len > 0 && wait_until_empty())
		for (unsigned room = FIFO_SIZE; room > 0 && len > 0; room--, len--)
			outb(COM1 + REG_DATA, *text++);
}

static void serial_interrupt(void *unused)
{
	(void)unused;
	while (inb(COM1 + REG_LSR) & LSR_DATA_READY) {
		char byte = inb(COM1 + REG_DATA);

		tty_input(&byte, 1);
	}
}

static void serial_start_input(struct console *c)
{
	int error = irq_connect_isa(COM1_IRQ, serial_interrupt, NULL, c->name);

	if (error) {
		log_warn("%s: no interrupt (error %d), so no input", c->name, -error);
		return;
	}
	if (early_byte_held)
		tty_input(&early_byte, 1);
	outb(COM1 + REG_IER, IER_RECEIVE);
}

static struct console serial = {
	.name = "ttyS0", .write = serial_write, .start_input = serial_start_input,
};

/*
 * Turning the FIFO on clears the receiver. The loop-back keeps the line's next byte away while the
 * one that is there moves out.
 */
static void start_fifo(void)
{
	outb(COM1 + REG_MCR, MCR_LOOP);
	early_byte_held = inb(COM1 + REG_LSR) & LSR_DATA_READY;
	if (early_byte_held)
		early_byte = inb(COM1 + REG_DATA);
	outb(COM1 + REG_FCR, FCR_ENABLE_AND_CLEAR);
	outb(COM1 + REG_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
}

void serial_init(void)
{
	if (!present())
		return;
	outb(COM1 + REG_IER, 0);
	outb(COM1 + REG_LCR, LCR_DIVISOR | LCR_8N1);
	outb(COM1 + REG_DIVISOR_LOW, DIVISOR_115200);
	outb(COM1 + REG_DIVISOR_HIGH, 0);
	outb(COM1 + REG_LCR, LCR_8N1);
	start_fifo();
	console_register(&serial);
}
