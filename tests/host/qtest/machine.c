/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine.h. */
#include "tests/host/qtest/machine.h"
#include "kernel/heap.h"
#include "kernel/irq.h"
#include "kernel/shutdown.h"
#include "kernel/timer.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/cpu.h"
#include "tests/host/model/rule.h"
#include "tests/host/model/work.h"
#include "tests/host/qtest/client.h"
#include "tests/host/qtest/firmware.h"
#include <pthread.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VECTORS 256u
#define STACK   (1ul << 20)
#define RAISES_MAX 100u /* of a line that stays up: a handler that does not take care of it */

const struct machine_way machine_ways[MACHINE_WAYS] = {
	{ "modern", "q35", .options = ",disable-legacy=on" },
	{ "packed", "q35", ",disable-legacy=on,packed=on", .packed = true },
	{ "transitional", "pc", .options = "" },
	{ "legacy", "pc", ",disable-modern=on", .legacy = true },
	{ "root port", "q35", ",packed=on", .packed = true, .root_port = true },
	{ "notified by ports", "q35", .options = ",disable-legacy=on,modern-pio-notify=on,page-per-vq=on" },
	{ "neither event index nor indirect", "pc", .options = ",event_idx=off,indirect_desc=off" },
	{ "mmio", "microvm", "", .mmio = true },
	{ "mmio packed", "microvm", ",packed=on", .mmio = true, .packed = true },
	{ "mmio legacy", "microvm", "", .mmio = true, .legacy = true },
};

const struct machine_way *machine_way = machine_ways;

/* --- what is shown --- */

bool model_refusals_expected; /* rule.c's: never here */

void model_refuse(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	test_fail("qtest", 0, text);
}

/* --- time --- */

uint64_t clock_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return shim_now_ns = (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static bool fire_timers(void)
{
	if (clock_now_ns() < shim_event_ns)
		return false;
	shim_event_ns = UINT64_MAX;
	shim_cpu.interrupt_depth++;
	timer_interrupt();
	shim_cpu.interrupt_depth--;
	return true;
}

/* --- interrupts --- */

static _Atomic uint32_t *mail; /* by vector: what messages write to */

struct msi_message irq_msi_message(int vector)
{
	return (struct msi_message){ .address = (uintptr_t)&mail[vector], .data = 1 };
}

static bool deliver_messages(void)
{
	bool any = false;

	for (unsigned v = 0; v < VECTORS; v++)
		if (mail[v]) {
			mail[v] = 0;
			shim_irq_raise((int)v);
			any = true;
		}
	return any;
}

static bool deliver_line(unsigned line)
{
	unsigned raised = 0;

	while (qtest_line(line) && raised < RAISES_MAX && shim_wire_raise(line))
		raised++;
	if (raised == RAISES_MAX)
		test_fail("qtest", line, "an interrupt line that nobody takes care of");
	return raised;
}

static bool deliver_lines(void)
{
	bool any = false;

	qtest_listen(0);
	for (unsigned line = 0; line < QTEST_LINES; line++)
		any |= deliver_line(line);
	return any;
}

bool machine_run(void)
{
	bool any = false, moved;

	do {
		moved = deliver_messages() | deliver_lines() | fire_timers() | model_work_run();
		any |= moved;
	} while (moved);
	return any;
}

void machine_wait(void)
{
	if (!machine_run())
		qtest_listen(1);
}

/* For whoever sleeps in the kernel: somebody will wake him, or the test's patience ends. */
static bool idle(void)
{
	static uint64_t last_moved_ns;

	if (machine_run() || !last_moved_ns)
		last_moved_ns = clock_now_ns();
	else
		qtest_listen(1);
	return clock_now_ns() - last_moved_ns < MACHINE_PATIENCE_NS;
}

/* --- the machine --- */

void machine_add_virtio(const char *type, const char *options)
{
	if (machine_way->root_port)
		qemu_add("-device pcie-root-port,id=rp0,chassis=1");
	qemu_add("-device virtio-%s-%s,id=%s%s%s%s%s", type, machine_way->mmio ? "device" : "pci", type, machine_way->options,
		 machine_way->root_port ? ",bus=rp0" : "", *options ? "," : "", options);
}

static const char *machine_options(void)
{
	if (!machine_way->mmio)
		return machine_way->machine;
	return "microvm,ioapic2=off,acpi=off,pit=off,rtc=off";
}

void machine_boot(void)
{
	if (machine_way->mmio && !machine_way->legacy)
		qemu_add("-global virtio-mmio.force-legacy=false");
	qemu_start(machine_options());
	mail = kzalloc(VECTORS * sizeof *mail);
	timer_init(&shim_cpu);
	shim_idle = idle;
	qtest_take_lines();
	firmware_run(machine_way->machine);
	machine_run();
}

/* --- tests --- */

static const char *expected; /* of QEMU's complaints; NULL: none */

void machine_expect_complaint(const char *part)
{
	expected = part;
}

static void *thread(void *run)
{
	((void (*)(void))run)();
	shutdown_run();
	if (!expected)
		CHECK_STR(qemu_complaints(), "");
	else if (!strstr(qemu_complaints(), expected))
		test_equal_str(__FILE__, __LINE__, "QEMU's complaint", qemu_complaints(), expected);
	return NULL;
}

static void run_on_ram(void (*run)(void))
{
	pthread_attr_t attributes;
	pthread_t id;

	qemu_make_ram();
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, kmalloc_aligned(STACK, 4096), STACK);
	pthread_create(&id, &attributes, thread, (void *)run);
	qemu_launch();
	pthread_join(id, NULL);
	qemu_stop();
}

static void in_new_process(void (*run)(void))
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		test_failures = 0;
		run_on_ram(run);
		model_rule_write();
		fflush(NULL);
		_exit(test_failures ? 1 : 0);
	}
	waitpid(child, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		test_fail("qtest", 0, "the machine crashed");
	else if (WEXITSTATUS(status))
		test_failures++;
}

void machine_test(void (*run)(void), const struct machine_way *ways, unsigned n)
{
	for (machine_way = ways; machine_way < ways + n; machine_way++) {
		int before = test_failures;

		in_new_process(run);
		if (test_failures != before)
			printf("  (%s)\n", machine_way->name);
	}
}
