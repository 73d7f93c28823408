/* SPDX-License-Identifier: BSD-2-Clause */
/* The first C function: has the loader's own format read, then starts the kernel. Runs in long mode, interrupts off. */
#include "boot/boot.h"

_Noreturn void boot_main(uint32_t magic, const void *info);

/* In .bss: empty until a loader's reader has filled it. */
static struct boot_info boot;

_Noreturn void boot_main(uint32_t magic, const void *info)
{
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
	default: /* BOOT_EFI: the loader has done it */
		kmain(info);
	}
	kmain(&boot);
}
