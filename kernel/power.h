/* SPDX-License-Identifier: BSD-2-Clause */
/* How the machine ends. */
#pragma once

/*
 * Ends with the app's status. Written for whoever started the machine: "exit N" on the debug console (port 0xe9, if there), then isa-debug-exit (port 0xf4, QEMU ends
 * with 2N + 1), else ACPI S5, else a halt.
 */
_Noreturn void power_off(int status);
_Noreturn void power_off_panic(void); /* pvpanic, "panic" on the debug console, isa-debug-exit 0x7f, else a halt */
void power_panic_handled(void);       /* tells pvpanic that there was one, and that the guest itself deals with it */
_Noreturn void power_reset(void);     /* as power_reboot(), and no device is made quiet before */
_Noreturn void power_reboot(void);    /* ACPI reset register, port 0xcf9, keyboard controller, triple fault */
