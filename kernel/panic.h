/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the road. Defined by debug/, which stands above the kernel and below nothing that can
 * still be trusted.
 */
#pragma once

struct trap_frame;

/* What follows, by panic=: "exit" (with the panic status), "reboot", "halt", "monitor". */
extern enum panic_action { PANIC_EXIT, PANIC_REBOOT, PANIC_HALT, PANIC_MONITOR } panic_action;

/*
 * Prints reason, registers and backtrace on the consoles, raises pvpanic and ends the machine with
 * the panic status. Never allocates or locks.
 */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same for a CPU exception; tf holds the interrupted registers. */
_Noreturn void panic_trap(struct trap_frame *tf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
