/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt descriptor table, shared by all CPUs. Source: Intel SDM volume 3, 6.14.1. */
#include "kernel/x86_64/segments.h"
#include "kernel/x86_64/vectors.h"
#include <assert.h>

#define GATE_INTERRUPT 0x8e00 /* present, interrupts off on entry */

struct gate {
	uint16_t offset_low, selector, flags, offset_middle;
	uint32_t offset_high, reserved;
};

static_assert(sizeof(struct gate) == 16, "IDT gate");

static struct gate idt[VECTOR_COUNT];

/* trap_entry.S: code for each vector, so many bytes apart. */
extern const char trap_exception_stubs[], trap_interrupt_stubs[];

static void set_gate(unsigned vector, const char *entry, unsigned ist)
{
	uint64_t offset = (uintptr_t)entry;

	idt[vector] = (struct gate){
		.offset_low = offset, .offset_middle = offset >> 16, .offset_high = offset >> 32,
		.selector = SELECTOR_CODE, .flags = GATE_INTERRUPT | ist,
	};
}

static unsigned ist_of_exception(unsigned vector)
{
	switch (vector) {
	case VECTOR_NMI:
		return IST_NMI;
	case VECTOR_DOUBLE_FAULT:
		return IST_DOUBLE_FAULT;
	case VECTOR_PAGE_FAULT:
		return IST_PAGE_FAULT;
	case VECTOR_MACHINE_CHECK:
		return IST_MACHINE_CHECK;
	default:
		return IST_FAULT;
	}
}

void idt_init(void)
{
	for (unsigned v = 0; v < VECTOR_EXCEPTIONS; v++)
		set_gate(v, trap_exception_stubs + v * TRAP_EXCEPTION_STUB_SIZE, ist_of_exception(v));
	for (unsigned v = VECTOR_EXCEPTIONS; v < VECTOR_COUNT; v++)
		set_gate(v, trap_interrupt_stubs + (v - VECTOR_EXCEPTIONS) * TRAP_INTERRUPT_STUB_SIZE,
			 IST_IRQ);
}

void idt_load(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) idtr = { sizeof idt - 1, (uintptr_t)idt };

	__asm__ volatile("lidt %0" : : "m"(idtr));
}
