/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How each loader recognises the image and finds its entry. Sources: Multiboot 0.6.96 section 3.1,
 * Multiboot2 2.0 section 3.1, Xen's public/elfnote.h and public/arch-x86/hvm/start_info.h (PVH).
 */

#define MULTIBOOT1_MAGIC     0x1badb002
/* Modules page-aligned, memory map wanted, address fields present. */
#define MULTIBOOT1_FLAGS     (1 << 0 | 1 << 1 | 1 << 16)
#define MULTIBOOT2_MAGIC     0xe85250d6
#define MULTIBOOT2_TAG_END   0
#define MULTIBOOT2_TAG_ALIGN 6
#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define THIMBLE_NOTE_ENTRY64 1

	.section .multiboot, "a", @progbits
	/* QEMU takes an ELF64 only by the address fields. */
	.balign	8
multiboot1_header:
	.long	MULTIBOOT1_MAGIC
	.long	MULTIBOOT1_FLAGS
	.long	-(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)
	.long	multiboot1_header
	.long	image_start
	.long	image_load_end
	.long	image_end
	.long	multiboot_entry

	/* Without an address tag GRUB loads by the ELF program headers. */
	.balign	8
multiboot2_header:
	.long	MULTIBOOT2_MAGIC
	.long	0
	.long	multiboot2_header_end - multiboot2_header
	.long	-(MULTIBOOT2_MAGIC + (multiboot2_header_end - multiboot2_header))
	.short	MULTIBOOT2_TAG_ALIGN, 0
	.long	8
	.short	MULTIBOOT2_TAG_END, 0
	.long	8
multiboot2_header_end:

	.section .note.pvh, "a", @note
	.balign	4
	.long	4, 8, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz	"Xen"
	.quad	pvh_entry

	/*
	 * Ours: marks a Thimble image and tells the UEFI loader where efi_entry64(struct boot_info *)
	 * is.
	 */
	.section .note.thimble, "a", @note
	.balign	4
	.long	8, 8, THIMBLE_NOTE_ENTRY64
	.asciz	"Thimble"
	.quad	efi_entry64

	.section .note.GNU-stack, "", @progbits
