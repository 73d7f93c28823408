/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiboot information, version 1 (specification 0.6.96, section 3.3), from GRUB or `qemu
 * -kernel`.
 */
#include "boot/boot.h"
#include <string.h>

enum {
	HAS_MEMORY = 1 << 0, HAS_CMDLINE = 1 << 2, HAS_MODULES = 1 << 3, HAS_MMAP = 1 << 6,
	HAS_LOADER_NAME = 1 << 9,
};

struct multiboot_info {
	uint32_t flags;
	uint32_t mem_lower, mem_upper;      /* KiB from 0, and from 1 MiB */
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t mods_count, mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length, mmap_addr;    /* bytes, address */
	uint32_t drives_length, drives_addr;
	uint32_t config_table;
	uint32_t boot_loader_name;
};

struct multiboot_module {
	uint32_t start, end, cmdline, reserved;
};

struct multiboot_mmap_entry {
	uint32_t size; /* of what follows it */
	uint64_t base, len;
	uint32_t type;
} __attribute__((packed));

/* QEMU puts the kernel's own path before the arguments; GRUB leaves it out. */
static const char *skip_kernel_path(const char *cmdline)
{
	while (*cmdline && *cmdline != ' ')
		cmdline++;
	while (*cmdline == ' ')
		cmdline++;
	return cmdline;
}

static void read_cmdline(struct boot_info *boot, const struct multiboot_info *mbi)
{
	const char *loader = mbi->flags & HAS_LOADER_NAME ? boot_pointer(mbi->boot_loader_name) : "";

	boot->cmdline = boot_pointer(mbi->cmdline);
	if (!strcmp(loader, "qemu"))
		boot->cmdline = skip_kernel_path(boot->cmdline);
}

static void read_mmap(struct boot_info *boot, const struct multiboot_info *mbi)
{
	uint32_t at = mbi->mmap_addr, end = at + mbi->mmap_length;

	while (end - at >= sizeof(struct multiboot_mmap_entry) && end > at) {
		const struct multiboot_mmap_entry *e = boot_pointer(at);

		boot_add_memory(boot, e->base, e->len, e->type);
		if (e->size > end - at - sizeof e->size)
			break;
		at += sizeof e->size + e->size;
	}
}

void multiboot1_read(struct boot_info *boot, const void *info)
{
	const struct multiboot_info *mbi = info;

	boot->loader = "multiboot";
	if (mbi->flags & HAS_CMDLINE)
		read_cmdline(boot, mbi);
	if (mbi->flags & HAS_MODULES && mbi->mods_count > 0) {
		const struct multiboot_module *mod = boot_pointer(mbi->mods_addr);

		boot->initrd = boot_pointer(mod->start);
		boot->initrd_len = mod->end - mod->start;
	}
	if (mbi->flags & HAS_MMAP) {
		read_mmap(boot, mbi);
	} else if (mbi->flags & HAS_MEMORY) {
		boot_add_memory(boot, 0, mbi->mem_lower * 1024ull, E820_RAM);
		boot_add_memory(boot, 0x100000, mbi->mem_upper * 1024ull, E820_RAM);
	}
}
