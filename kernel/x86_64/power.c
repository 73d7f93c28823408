/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ends of a machine (kernel/power.h). Each way is tried in turn; one that the machine lacks
 * does nothing. Sources: ACPI 6.5, 4.8.3.2 (PM1 control), 4.8.3.7 (sleep control) and 4.8.3.6
 * (reset register); QEMU's docs/specs/pvpanic.rst.
 */
#include "kernel/power.h"
#include "kernel/acpi.h"
#include "kernel/cpu.h"
#include "kernel/printf.h"
#include "kernel/shutdown.h"
#include "kernel/vm.h"
#include "kernel/x86_64/io.h"
#include <string.h>

#define PORT_DEBUG_CONSOLE 0xe9   /* reads as 0xe9 where there is one */
#define PORT_DEBUG_EXIT    0xf4
#define PORT_PVPANIC       0x505
#define PORT_RESET_CONTROL 0xcf9
#define PORT_KEYBOARD      0x64

#define STATUS_PANIC 0x7f

enum { PVPANIC_PANICKED = 1 << 0, PVPANIC_CRASHLOADED = 1 << 1, PVPANIC_ABSENT = 0xff };
enum { PM1_SLEEP_TYPE_SHIFT = 10, PM1_SLEEP_ENABLE = 1 << 13 };
enum { SLEEP_TYPE_SHIFT = 2, SLEEP_ENABLE = 1 << 5 };
enum { RESET_SYSTEM = 1 << 1, RESET_CPU = 1 << 2, KEYBOARD_PULSE_RESET = 0xfe };
enum { SPACE_MEMORY = 0, SPACE_PORT = 1 };

static void tell(const char *text)
{
	if (inb(PORT_DEBUG_CONSOLE) != PORT_DEBUG_CONSOLE)
		return;
	for (; *text; text++)
		outb(PORT_DEBUG_CONSOLE, *text);
}

/* Where no other way has led to an end. */
static _Noreturn void halt(void)
{
	cpus_halt();
}

static void write_register(unsigned space, uint64_t address, uint8_t value)
{
	volatile void *reg;

	if (!address)
		return;
	if (space == SPACE_PORT) {
		outb(address, value);
	} else if (space == SPACE_MEMORY) {
		reg = vm_map_device(address, 1);
		if (reg)
			mmio_write8(reg, value);
	}
}

static void sleep_s5(void)
{
	acpi_find_s5();
	if (!acpi.s5_known)
		return;
	if (acpi.hw_reduced) {
		write_register(acpi.sleep_control.space, acpi.sleep_control.address,
			       acpi.s5_type_a << SLEEP_TYPE_SHIFT | SLEEP_ENABLE);
		return;
	}
	if (acpi.pm1a_control)
		outw(acpi.pm1a_control, acpi.s5_type_a << PM1_SLEEP_TYPE_SHIFT | PM1_SLEEP_ENABLE);
	if (acpi.pm1b_control)
		outw(acpi.pm1b_control, acpi.s5_type_b << PM1_SLEEP_TYPE_SHIFT | PM1_SLEEP_ENABLE);
}

void power_off(int status)
{
	char text[24];

	cpu_irq_disable();
	shutdown_run();
	ksnprintf(text, sizeof text, "exit %d\n", status);
	tell(text);
	outl(PORT_DEBUG_EXIT, status & STATUS_PANIC);
	sleep_s5();
	halt();
}

/* Not PANICKED, for which the host may end the machine. What is read there is what the device knows. */
void power_panic_handled(void)
{
	uint8_t known = inb(PORT_PVPANIC);

	if (known != PVPANIC_ABSENT && known & PVPANIC_CRASHLOADED)
		outb(PORT_PVPANIC, PVPANIC_CRASHLOADED);
}

/*
 * The words first: what pvpanic reports may make the host end the machine at once. Devices are left
 * as they are: what a driver needs for a reset may be what is broken.
 */
void power_off_panic(void)
{
	cpu_irq_disable();
	tell("panic\n");
	if (inb(PORT_PVPANIC) != PVPANIC_ABSENT)
		outb(PORT_PVPANIC, PVPANIC_PANICKED);
	outl(PORT_DEBUG_EXIT, STATUS_PANIC);
	halt();
}

static _Noreturn void triple_fault(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) empty = { 0, 0 };

	__asm__ volatile("lidt %0; ud2" : : "m"(empty));
	__builtin_unreachable();
}

void power_reset(void)
{
	cpu_irq_disable();
	write_register(acpi.reset.space, acpi.reset.address, acpi.reset.value);
	outb(PORT_RESET_CONTROL, RESET_SYSTEM);
	outb(PORT_RESET_CONTROL, RESET_SYSTEM | RESET_CPU);
	outb(PORT_KEYBOARD, KEYBOARD_PULSE_RESET);
	triple_fault();
}

void power_reboot(void)
{
	cpu_irq_disable();
	shutdown_run();
	power_reset();
}
