/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of what the system is, in the order it starts. This file alone may look at every floor. */
#include "fs/vfs.h"
#include "kernel/acpi.h"
#include "kernel/app.h"
#include "kernel/boot_info.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/debugger.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/param.h"
#include "kernel/pci.h"
#include "kernel/power.h"
#include "kernel/random.h"
#include "kernel/thread.h"
#include "kernel/tracepoint.h"
#include "kernel/x86_64/arch.h"
#include "virtio/virtio_mmio.h"

/* In the image only when the app calls a socket function: net/ is an archive that nothing else pulls in. */
extern void net_start(void) __attribute__((weak));

#define MAIN_STACK_MIN (64u << 10)
#define MAIN_STACK_MAX (1u << 20)

/* Bytes of stack for main(); 0: what suits the machine. FreeBSD's name for a process's largest stack. */
static uint32_t main_stack_size;
PARAM_UINT("kern.maxssiz", main_stack_size, MAIN_STACK_MIN, 1u << 30);

/* One part in 32 of the memory, as a stack is there in full from the start. */
static size_t main_stack(void)
{
	size_t size = page_count_total() * PAGE_SIZE / 32;

	if (main_stack_size)
		return main_stack_size;
	if (size < MAIN_STACK_MIN)
		return MAIN_STACK_MIN;
	return size < MAIN_STACK_MAX ? page_align_up(size) : MAIN_STACK_MAX;
}

/* The app's thread. Mounting waits for disks, and other threads may run meanwhile. */
static void run_app(void *boot)
{
	const struct boot_info *b = boot;
	int argc;
	char **argv = param_app_argv(&argc);

	boot_phase(PHASE_FILES);
	if (b->initrd)
		vfs_init(b->initrd, b->initrd_len);
	else
		vfs_init(initrd_start, initrd_end - initrd_start);
	console_settle();
	boot_phase(PHASE_LIBC);
	power_off(app_run(argc, argv, param_app_env()));
}

void kmain(const struct boot_info *boot)
{
	struct thread *app;

	boot_phase(PHASE_PROCESSOR);
	arch_init();
	serial_init();
	boot_phase(PHASE_MEMORY);
	paging_init(boot);
	boot_phase(PHASE_PARAMETERS);
	param_init(boot->cmdline);
	console_init();
	boot_phase(PHASE_ACPI);
	acpi_init(boot->acpi_rsdp);
	boot_phase(PHASE_INTERRUPTS);
	interrupts_init();
	serial_start();
	boot_phase(PHASE_CLOCK);
	clock_init();
	if (boot->seed_bits)
		random_add(boot->seed, sizeof boot->seed, boot->seed_bits);
	random_init();
	boot_phase(PHASE_THREADS);
	thread_init();
	boot_phase(PHASE_DEVICES);
	pci_init();
	virtio_mmio_init();
	if (debugger_start)
		debugger_start();
	boot_phase(PHASE_NETWORK);
	if (net_start)
		net_start();
	boot_phase(PHASE_APP_THREAD);
	app = thread_create("main", PRIO_APP, main_stack(), run_app, (void *)boot);
	if (!app)
		panic("no memory for main()'s stack of %zu bytes; give the machine more, or set kern.maxssiz=", main_stack());
	cpus_start();
	thread_join(app);
	__builtin_unreachable();
}
