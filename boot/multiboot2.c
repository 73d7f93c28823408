/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiboot2 information (specification 2.0, section 3.6): a list of tags, each 8-byte aligned.
 * Lengths are checked, not believed.
 */
#include "boot/boot.h"
#include <string.h>

enum {
	TAG_END = 0, TAG_CMDLINE = 1, TAG_MODULE = 3, TAG_MMAP = 6,
	TAG_ACPI_OLD = 14, TAG_ACPI_NEW = 15,
};

struct tag {
	uint32_t type, size; /* size: without the padding to the next tag */
};

struct tag_module {
	struct tag tag;
	uint32_t start, end;
};

struct tag_mmap {
	struct tag tag;
	uint32_t entry_size, entry_version;
};

struct mmap_entry {
	uint64_t base, len;
	uint32_t type, reserved;
};

/*
 * The tag holds a copy of the RSDP. It is kept here, since nobody reserves the loader's memory for
 * it.
 */
static uint8_t rsdp[36] __attribute__((aligned(16)));

static void read_cmdline(struct boot_info *boot, const struct tag *t)
{
	const char *text = (const char *)(t + 1);

	if (t->size > sizeof *t && memchr(text, '\0', t->size - sizeof *t))
		boot->cmdline = text;
}

static void read_module(struct boot_info *boot, const struct tag *t)
{
	const struct tag_module *m = (const struct tag_module *)t;

	if (t->size < sizeof *m || m->end < m->start || boot->initrd)
		return;
	boot->initrd = boot_pointer(m->start);
	boot->initrd_len = m->end - m->start;
}

static void read_mmap(struct boot_info *boot, const struct tag *t)
{
	const struct tag_mmap *m = (const struct tag_mmap *)t;

	if (t->size < sizeof *m || m->entry_size < sizeof(struct mmap_entry) || m->entry_size % 8 != 0)
		return;
	for (uint32_t at = sizeof *m; t->size - at >= m->entry_size; at += m->entry_size) {
		const struct mmap_entry *e = (const void *)((const char *)t + at);

		boot_add_memory(boot, e->base, e->len, e->type);
	}
}

static void read_rsdp(struct boot_info *boot, const struct tag *t)
{
	uint32_t len = t->size - sizeof *t;

	if (len > sizeof rsdp || (t->type == TAG_ACPI_OLD && boot->acpi_rsdp))
		return;
	memcpy(rsdp, t + 1, len);
	boot->acpi_rsdp = (uintptr_t)rsdp;
}

static void read_tag(struct boot_info *boot, const struct tag *t)
{
	switch (t->type) {
	case TAG_CMDLINE:
		read_cmdline(boot, t);
		break;
	case TAG_MODULE:
		read_module(boot, t);
		break;
	case TAG_MMAP:
		read_mmap(boot, t);
		break;
	case TAG_ACPI_OLD:
	case TAG_ACPI_NEW:
		read_rsdp(boot, t);
		break;
	}
}

void multiboot2_read(struct boot_info *boot, const void *info)
{
	uint32_t total = *(const uint32_t *)info, at = 8;

	boot->loader = "multiboot2";
	while (at < total && total - at >= sizeof(struct tag)) {
		const struct tag *t = (const void *)((const char *)info + at);

		if (t->type == TAG_END || t->size < sizeof *t || t->size > total - at)
			return;
		read_tag(boot, t);
		at += (t->size + 7) & ~7u;
	}
}
