/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first C function: has the loader's own format read, then starts the kernel. Runs in long
 * mode, interrupts off.
 */
#include "boot/boot.h"

_Noreturn void boot_main(uint32_t magic, uint32_t physical);

/* In .bss: empty until a loader's reader has filled it. */
static struct boot_info boot;

_Noreturn void boot_main(uint32_t magic, uint32_t physical)
{
	const void *info = boot_pointer(physical);

	boot.cmdline = "";
	switch (magic) {
	case BOOT_MULTIBOOT1:
		multiboot1_read(&boot, info);
		break;
	case BOOT_MULTIBOOT2:
		multiboot2_read(&boot, info);
		break;
	case BOOT_PVH:
		pvh_read(&boot, info);
		break;
	case BOOT_EFI: /* filled already, in memory that will not stay mapped */
		boot = *(const struct boot_info *)info;
		boot.loader = "efi";
		break;
	}
	kmain(&boot);
}
