/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt vectors and their handlers. Handlers run with interrupts off on a stack of their own and never sleep:
 * they move completions and wake threads; threads do the work.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef void (*irq_handler)(void *arg);

/* A vector of its own for a message-signalled interrupt. Returns the vector (for irq_msi_message), or -ENOSPC. */
int irq_alloc(irq_handler, void *arg, const char *name);
void irq_free(int vector);

/* The message a PCI function has to write to raise vector on the CPU that serves it (MSI / MSI-X address and data). */
struct msi_message {
	uint64_t address;
	uint32_t data;
};
struct msi_message irq_msi_message(int vector);

/*
 * Connects a wire of the I/O APIC. isa: an ISA interrupt number (MADT overrides are applied), gsi: a
 * global system interrupt, level-triggered. May be shared: every handler on the wire is called.
 * 0, or -EINVAL, -ENODEV, -ENOMEM, -ENOSPC.
 */
int irq_connect_isa(unsigned isa, irq_handler, void *arg, const char *name);
int irq_connect_gsi(unsigned gsi, bool active_low, irq_handler, void *arg, const char *name);

/* Undoes one of these; no other handler of the wire has arg. Harmless where there is none. */
void irq_disconnect(irq_handler, void *arg);

/* For a frozen system: the name of the n-th handler of a vector, NULL: none; and its wire, -1: none. */
const char *irq_handler_name(unsigned vector, unsigned n);
int irq_wire(unsigned vector);
