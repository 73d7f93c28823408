/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of what the system is, in the order it starts. This file alone may look at every floor.
 */
#include "kernel/acpi.h"
#include "kernel/app.h"
#include "kernel/boot_info.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/param.h"
#include "kernel/pci.h"
#include "kernel/power.h"
#include "kernel/random.h"
#include "kernel/thread.h"
#include "kernel/x86_64/arch.h"
#include "fs/vfs.h"

/* Present only in images whose app calls a socket function (net/ is an archive that nothing else pulls in). */
extern void net_start(void) __attribute__((weak));

static const void *initrd = initrd_start;
static size_t initrd_len;

static void run_app(void *unused)
{
	int argc;
	char **argv = param_app_argv(&argc);

	(void)unused;
	power_off(app_run(argc, argv, param_app_env()));
}

void kmain(const struct boot_info *boot)
{
	arch_init();
	serial_init();
	paging_init(boot);
	param_init(boot->cmdline);
	console_init();
	acpi_init(boot->acpi_rsdp);
	interrupts_init();
	clock_init();
	random_init();
	thread_init();
	pci_init();
	if (net_start)
		net_start();
	vfs_init(initrd, initrd_len);
	run_app(NULL);
	__builtin_unreachable();
}
