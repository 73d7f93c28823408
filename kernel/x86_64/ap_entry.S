/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where every CPU but the boot CPU begins (smp.c): in real mode, at the start of a page below 1 MiB
 * that got a copy of ap_trampoline. That code only reaches for protected mode and jumps into the
 * image, so the page is never executed under paging and need not be executable in the page tables.
 * Source: Intel SDM volume 3, 8.4.4 and 9.9.
 */
#include "kernel/x86_64/offsets.h"
#include "kernel/x86_64/segments.h"

#define CR0_PE (1 << 0)
#define CR0_MP (1 << 1)
#define CR0_ET (1 << 4)
#define CR0_NE (1 << 5)
#define CR0_WP (1 << 16)
#define CR0_PG (1 << 31)
#define CR0_PROTECTED (CR0_PE | CR0_MP | CR0_ET | CR0_NE) /* caches on: INIT leaves them off */
#define CR4_PAE        (1 << 5)
#define CR4_OSFXSR     (1 << 9)
#define CR4_OSXMMEXCPT (1 << 10)
#define MSR_EFER     0xc0000080
#define EFER_LME     (1 << 8)
#define EFER_NXE     (1 << 11)
#define MSR_FS_BASE  0xc0000100
#define LEAF_TOPOLOGY 0xb

#define SELECTOR_CODE32 0x18

	.section .rodata.ap, "a", @progbits
	.globl	ap_trampoline, ap_trampoline_end
	.code16
ap_trampoline:	/* CS is the page, IP 0 */
	cli
	lgdtl	%cs:(ap_gdt_pointer - ap_trampoline)
	movl	$CR0_PROTECTED, %eax
	movl	%eax, %cr0
	ljmpl	$SELECTOR_CODE32, $ap_start32
ap_gdt_pointer:
	.word	ap_gdt_end - ap_gdt - 1
	.long	ap_gdt
ap_trampoline_end:

	.balign	8
ap_gdt:
	.quad	0
	.quad	0x00209b0000000000	/* SELECTOR_CODE */
	.quad	0x00cf93000000ffff	/* SELECTOR_DATA */
	.quad	0x00cf9b000000ffff	/* SELECTOR_CODE32 */
ap_gdt_end:

	.text
	.code32
ap_start32:
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
	movl	%eax, %cr4
	movl	ap_cr3, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	$(EFER_LME | EFER_NXE), %eax
	xorl	%edx, %edx
	wrmsr
	movl	$(CR0_PROTECTED | CR0_WP | CR0_PG), %eax
	movl	%eax, %cr0
	ljmp	$SELECTOR_CODE, $ap_start64

	.code64
	.cfi_sections .debug_frame
ap_start64:
	.cfi_startproc
	.cfi_undefined %rip	/* gdb: nobody called it */
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movq	ap_fs_base, %rax	/* the canary, before the first line of C */
	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$MSR_FS_BASE, %ecx
	wrmsr

	/* Which one is this? Its APIC's number, all 32 bits of it where there are more than 8. */
	xorl	%eax, %eax
	cpuid
	cmpl	$LEAF_TOPOLOGY, %eax
	jb	1f
	movl	$LEAF_TOPOLOGY, %eax
	xorl	%ecx, %ecx
	cpuid
	movl	%edx, %edi
	testl	%ebx, %ebx
	jnz	2f
1:	movl	$1, %eax
	cpuid
	shrl	$24, %ebx
	movl	%ebx, %edi
2:	movq	$(cpus + 8), %rsi	/* behind the boot CPU */
3:	movq	(%rsi), %rbx
	addq	$8, %rsi
	testq	%rbx, %rbx
	jz	4f
	cmpl	%edi, CPU_APIC_ID(%rbx)
	jne	3b
	movq	CPU_STACK_TOP(%rbx), %rsp
	movq	%rbx, %rdi
	xorl	%ebp, %ebp
	call	ap_main
4:	hlt			/* nobody has called for this one */
	jmp	4b
	.cfi_endproc

	.section .note.GNU-stack, "", @progbits
