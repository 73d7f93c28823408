/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt controllers, as irq.c and the clock see them. Source: Intel SDM volume 3, chapter
 * 10; 82093AA I/O APIC datasheet.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The local APIC of the CPU that calls. */
void lapic_init(void);      /* once: finds it, xAPIC or x2APIC */
void lapic_enable(void);    /* on each CPU */
void lapic_eoi(void);
uint32_t lapic_id(void);

/* To another CPU's. Interrupts are off. */
bool lapic_reaches(uint32_t apic_id);           /* whether it can be addressed at all */
void lapic_send(uint32_t apic_id, unsigned vector);
void lapic_send_nmi(uint32_t apic_id);
void lapic_send_init(uint32_t apic_id);
void lapic_send_startup(uint32_t apic_id, uint32_t page); /* runs it in real mode from page on, below 1 MiB */

/* Its timer, one shot: an interrupt on VECTOR_TIMER. */
void lapic_timer_count_mode(void);
void lapic_timer_deadline_mode(void);          /* the deadline is written to MSR_TSC_DEADLINE */
void lapic_timer_start(uint32_t count);        /* 0 stops it */
uint32_t lapic_timer_remaining(void);

/* I/O APIC inputs, named by global system interrupt. */
void ioapic_init(void);                        /* maps all, masks every input */
bool ioapic_has(unsigned gsi);
/* ... and unmasks it. */
void ioapic_route(unsigned gsi, unsigned vector, uint32_t apic_id, bool level, bool active_low);

/* irq.c: calls the handlers of a vector, from trap.c with interrupts off. */
void interrupt_dispatch(unsigned vector);
