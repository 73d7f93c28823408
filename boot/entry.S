/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From any loader to boot_main() in long mode: protection first, so that the first line of C
 * already runs W^X, with a guard page under its stack and a canary in its thread block. Multiboot
 * and PVH enter in 32-bit protected mode without paging; the UEFI loader enters in long mode and
 * steps down to the same place, so there is one way up. Source: Intel SDM volume 3, 4.5 and 10.8.5.
 */
#include "boot/boot.h"

#define BOOT_STACK_SIZE (32 * 1024) /* the kernel's start; main() has a thread of its own */
#define PAGE_SIZE       4096

#define PTE_P  0x1
#define PTE_W  0x2
#define PTE_PS 0x80
#define PTE_NX 0x80000000 /* in the upper half */

#define CR0_PE (1 << 0)
#define CR0_MP (1 << 1)
#define CR0_ET (1 << 4)
#define CR0_NE (1 << 5)
#define CR0_WP (1 << 16)
#define CR0_PG (1 << 31)
#define CR4_PAE        (1 << 5)
#define CR4_OSFXSR     (1 << 9)
#define CR4_OSXMMEXCPT (1 << 10)
#define CR4_PCIDE      (1 << 17)
#define CR4_CET        (1 << 23)
#define MSR_EFER     0xc0000080
#define EFER_LME     (1 << 8)
#define EFER_NXE     (1 << 11)
#define MSR_FS_BASE  0xc0000100
#define CPUID_EXT_NX (1 << 20)
#define CPUID_EXT_LM (1 << 29)
#define CPUID_RDRAND (1 << 30)

#define SELECTOR_CODE64 0x08
#define SELECTOR_DATA   0x10
#define SELECTOR_CODE32 0x18

#define COM1             0x3f8
#define DEBUG_EXIT       0xf4
#define DEBUG_EXIT_PANIC 0x7f

	.section .text.entry, "ax", @progbits

	.code64
	.globl	efi_entry64
efi_entry64:
	movq	%cr4, %rax
	andl	$~(CR4_PCIDE | CR4_CET), %eax /* paging cannot be left with these on */
	movq	%rax, %cr4
	lgdt	boot_gdt_pointer
	movl	%edi, %ebx
	pushq	$SELECTOR_CODE32
	pushq	$1f
	lretq
	.code32
1:	movl	$(CR0_PE | CR0_ET), %eax
	movl	%eax, %cr0
	movl	$MSR_EFER, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$BOOT_EFI, %eax
	jmp	start32

	.globl	pvh_entry
pvh_entry:
	movl	$BOOT_PVH, %eax
	jmp	start32

	.globl	multiboot_entry
multiboot_entry:
	cmpl	$BOOT_MULTIBOOT1, %eax
	je	start32
	cmpl	$BOOT_MULTIBOOT2, %eax
	je	start32
	movl	$message_loader, %esi
	jmp	refuse

/* EAX: a BOOT_ value, EBX: what the loader tells. Both stay in EBP and ESI, which cpuid spares. */
start32:
	cli
	cld
	lgdt	boot_gdt_pointer
	movl	$SELECTOR_DATA, %ecx
	movl	%ecx, %ds
	movl	%ecx, %es
	movl	%ecx, %ss
	movl	%eax, %ebp
	movl	%ebx, %edi

	/*
	 * A loader may have "loaded" the image's end where no memory is. The last word is a page
	 * table's, cleared again.
	 */
	movl	$message_memory, %esi
	movl	%eax, image_end - 4
	cmpl	%eax, image_end - 4
	jne	refuse
	movl	$0, image_end - 4
	movl	$boot_stack_end, %esp

	movl	$message_cpu, %esi
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	refuse
	movl	$0x80000001, %eax
	cpuid
	andl	$(CPUID_EXT_NX | CPUID_EXT_LM), %edx
	cmpl	$(CPUID_EXT_NX | CPUID_EXT_LM), %edx
	jne	refuse
	movl	%edi, %esi

	movl	$(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
	movl	%eax, %cr4
	movl	$(CR0_PE | CR0_MP | CR0_ET | CR0_NE), %eax
	movl	%eax, %cr0
	call	build_page_tables

	movl	$boot_pml4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	$(EFER_LME | EFER_NXE), %eax
	xorl	%edx, %edx
	wrmsr
	movl	$(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG), %eax
	movl	%eax, %cr0
	ljmp	$SELECTOR_CODE64, $start64

/*
 * Memory below 4 GiB 1:1, writable and never executable, by 2 MiB pages; then what the image
 * touches by 4 KiB pages of the right kind.
 */
build_page_tables:
	movl	$(boot_pdpt + PTE_P + PTE_W), boot_pml4
	movl	$(boot_pd + PTE_P + PTE_W), %eax
	movl	$boot_pdpt, %edi
	movl	$4, %ecx
	call	link_tables

	movdqa	first_large_pages, %xmm0
	movdqa	large_page_step, %xmm1
	movl	$boot_pd, %edi
1:	.irp	offset, 0, 16, 32, 48
	movdqa	%xmm0, \offset(%edi)
	paddq	%xmm1, %xmm0
	.endr
	addl	$64, %edi
	cmpl	$(boot_pd + 4 * PAGE_SIZE), %edi
	jne	1b

	movl	$(boot_page_tables + PTE_P + PTE_W), %eax
	movl	$boot_pd, %edi
	movl	$boot_pt_count, %ecx
	call	link_tables

	/* Page 0 stays unmapped. */
	movl	$(PAGE_SIZE + PTE_P + PTE_W), %eax
	movl	$image_start, %ecx
	movl	$PTE_NX, %edx
	call	map_pages
	movl	$(image_start + PTE_P), %eax
	movl	$image_text_end, %ecx
	xorl	%edx, %edx
	call	map_pages
	movl	$(image_text_end + PTE_P), %eax
	movl	$image_rodata_end, %ecx
	movl	$PTE_NX, %edx
	call	map_pages
	movl	$(image_rodata_end + PTE_P + PTE_W), %eax
	movl	$boot_pt_limit, %ecx
	call	map_pages

	movl	$boot_stack_guard, %ebx
	shrl	$12, %ebx
	movl	$0, boot_page_tables(, %ebx, 8)

	/*
	 * What a loader left in page 0 (QEMU's PVH memory map is there) can be read through an alias,
	 * see boot_pointer().
	 */
	movl	$boot_low_alias, %ebx
	shrl	$12, %ebx
	movl	$PTE_P, boot_page_tables(, %ebx, 8)
	movl	$(PAGE_SIZE + PTE_P), boot_page_tables + 8(, %ebx, 8)
	ret

/* Entries at EDI for ECX consecutive tables, the first with its flags in EAX. */
link_tables:
	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$PAGE_SIZE, %eax
	addl	$8, %edi
	loop	link_tables
	ret

/*
 * Pages, at least one, from EAX (with flags in its low bits) up to ECX; EDX: upper half of each
 * entry.
 */
map_pages:
	movl	%eax, %ebx
	shrl	$12, %ebx
1:	movl	%eax, boot_page_tables(, %ebx, 8)
	movl	%edx, boot_page_tables + 4(, %ebx, 8)
	incl	%ebx
	addl	$PAGE_SIZE, %eax
	cmpl	%ecx, %eax
	jb	1b
	ret

/*
 * Says why (ESI) on the first serial port and ends; there is nothing yet that could do it better.
 */
refuse:
	movl	$COM1, %edx
1:	lodsb
	testb	%al, %al
	jz	2f
	outb	%al, %dx
	jmp	1b
2:	movl	$DEBUG_EXIT_PANIC, %eax
	outl	%eax, $DEBUG_EXIT
3:	cli
	hlt
	jmp	3b

	.code64
start64:
	.cfi_sections .debug_frame
	.cfi_startproc
	.cfi_undefined %rip	/* gdb: nobody called it */
	movl	$boot_stack_end, %esp
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs

	/*
	 * Thread control block: its own address at 0, the stack protector's canary at 0x28 (System V
	 * ABI, TLS variant II).
	 */
	movl	$boot_tcb, %eax
	movq	%rax, (%rax)
	xorl	%edx, %edx
	movl	$MSR_FS_BASE, %ecx
	wrmsr
	call	boot_canary
	movq	%rax, %fs:0x28

	movl	%ebp, %edi
	xorl	%ebp, %ebp
	call	boot_main
	ud2
	.cfi_endproc

/*
 * A value that differs from boot to boot: RDRAND, else what little the time stamp counter tells,
 * spread over the word.
 */
boot_canary:
	movl	$1, %eax
	cpuid
	testl	$CPUID_RDRAND, %ecx
	jz	1f
	rdrand	%rax
	jc	2f
1:	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	movabsq	$0x9e3779b97f4a7c15, %rcx
	mulq	%rcx
	xorq	%rdx, %rax
2:	xorb	%al, %al	/* a zero byte stops a string that runs over */
	ret

	.section .rodata.boot, "a", @progbits
	.balign	16
first_large_pages:
	.quad	PTE_NX << 32 | PTE_PS | PTE_W | PTE_P
	.quad	PTE_NX << 32 | PTE_PS | PTE_W | PTE_P | 1 << 21
large_page_step:
	.quad	2 << 21, 2 << 21

	/*
	 * Flat segments. The CPU writes "accessed" bits into descriptors that lack them: this table is
	 * read-only.
	 */
boot_gdt:
	.quad	0
	.quad	0x00209b0000000000	/* SELECTOR_CODE64 */
	.quad	0x00cf93000000ffff	/* SELECTOR_DATA */
	.quad	0x00cf9b000000ffff	/* SELECTOR_CODE32 */
boot_gdt_pointer:
	.word	. - boot_gdt - 1
	.quad	boot_gdt

message_loader:
	.asciz	"thimble: not started by a multiboot loader\r\n"
message_memory:
	.asciz	"thimble: too little memory for this image\r\n"
message_cpu:
	.asciz	"thimble: this CPU lacks 64-bit mode or no-execute pages\r\n"

	.section .bss.boot, "aw", @nobits
	.balign	PAGE_SIZE
	.globl	boot_stack_guard, boot_stack, boot_stack_end
boot_stack_guard:
	.skip	PAGE_SIZE
boot_stack:
	.skip	BOOT_STACK_SIZE
boot_stack_end:

	.section .boot_tables, "aw", @nobits
	.balign	PAGE_SIZE
	.globl	boot_low_alias
boot_low_alias:	/* two pages, since what begins in page 0 may end in page 1 */
	.skip	2 * PAGE_SIZE
boot_pml4:
	.skip	PAGE_SIZE
boot_pdpt:
	.skip	PAGE_SIZE
boot_pd:
	.skip	4 * PAGE_SIZE

	.section .note.GNU-stack, "", @progbits
