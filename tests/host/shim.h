/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What host tests can ask of the stand-in kernel. Every stand-in is a weak symbol: linking the real
 * kernel/X.c replaces it, so a test names the sources it is about and gets the rest from here. One
 * flow of control, one CPU, a clock that moves only when told.
 */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern uint64_t shim_now_ns;          /* what clock_now_ns() says */
extern uint64_t shim_event_ns;        /* what was last given to clock_event_program() */

/*
 * Called while something waits (futex_wait with the stand-in scheduler): let the model device make
 * progress. False: nothing can happen any more.
 */
extern bool (*shim_idle)(void);

/* The log. Lines also go to stderr when the environment has SHIM_LOG. */
bool shim_log_has(const char *text);
void shim_log_clear(void);

/*
 * Memory: the n-th allocation from now on fails (1: the next), 0: none. And what is allocated at
 * the moment, for leak checks.
 */
extern unsigned shim_fail_alloc;
size_t shim_allocated(void);

/* Raises an interrupt on a vector that irq_alloc() gave out. */
void shim_irq_raise(int vector);

/*
 * Wires of the I/O APIC: a raise calls every handler once and returns how many there are. Without
 * wires, connecting one fails.
 */
#define SHIM_WIRES 64
unsigned shim_wire_raise(unsigned gsi);
extern bool shim_no_wires;

/* Consoles' output, as it would appear. */
extern char shim_console[65536];
extern size_t shim_console_len;

/*
 * SHIM_CATCH(statement): true when the statement panicked or ended the machine; why is in
 * shim_panic_text or shim_power_status.
 */
extern jmp_buf *shim_panic_to;
extern char shim_panic_text[512];
extern int shim_power_status;         /* what power_off() was given; -1: panic, -2: reboot */
#define SHIM_CATCH(statement) ({							\
	jmp_buf env_;									\
	volatile bool caught_ = true;							\
	if (setjmp(env_) == 0) {							\
		shim_panic_to = &env_;							\
		statement;								\
		caught_ = false;							\
	}										\
	shim_panic_to = NULL;								\
	caught_;									\
})
