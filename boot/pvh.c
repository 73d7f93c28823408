/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PVH boot protocol (Xen's public/arch-x86/hvm/start_info.h), from `qemu -kernel` and its microvm.
 */
#include "boot/boot.h"
#include <stddef.h>

struct hvm_start_info {
	uint32_t magic, version, flags;
	uint32_t nr_modules;
	uint64_t modlist_paddr, cmdline_paddr, rsdp_paddr;
	/* since version 1 */
	uint64_t memmap_paddr;
	uint32_t memmap_entries, reserved;
};

static_assert(offsetof(struct hvm_start_info, memmap_paddr) == 40, "hvm_start_info");

struct hvm_modlist_entry {
	uint64_t paddr, size, cmdline_paddr, reserved;
};

struct hvm_memmap_entry {
	uint64_t addr, size;
	uint32_t type, reserved;
};

static void read_memmap(struct boot_info *boot, const struct hvm_start_info *start)
{
	for (uint32_t i = 0; i < start->memmap_entries; i++) {
		const struct hvm_memmap_entry *e = boot_pointer(start->memmap_paddr + i * sizeof *e);

		boot_add_memory(boot, e->addr, e->size, e->type);
	}
}

void pvh_read(struct boot_info *boot, const void *info)
{
	const struct hvm_start_info *start = info;

	boot->loader = "pvh";
	boot->acpi_rsdp = start->rsdp_paddr;
	if (start->cmdline_paddr)
		boot->cmdline = boot_pointer(start->cmdline_paddr);
	if (start->nr_modules > 0) {
		const struct hvm_modlist_entry *mod = boot_pointer(start->modlist_paddr);

		boot->initrd = boot_pointer(mod->paddr);
		boot->initrd_len = mod->size;
	}
	if (start->version >= 1)
		read_memmap(boot, start);
}
