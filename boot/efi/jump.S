/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last step: puts the image where it belongs and enters it. Runs from a copy outside the image's memory, with a stack and page tables of
 * its own, since the loader, the firmware's tables and its stack may be what is overwritten. Position-independent for that reason.
 * RDI: struct handover (loader.h).
 */
#define PAGE_TABLE 0
#define STACK      8
#define BOOT_INFO  16
#define ENTRY      24
#define PIECES     32
#define PIECE      40
#define PIECE_SIZE 32

	.text
	.globl	jump_start, jump_end
jump_start:
	cli
	cld
	movq	%rdi, %rbx
	movq	STACK(%rbx), %rsp
	movq	PAGE_TABLE(%rbx), %rax
	movq	%rax, %cr3

	leaq	PIECE(%rbx), %rdx
	movq	PIECES(%rbx), %rbp
1:	movq	(%rdx), %rdi
	movq	8(%rdx), %rsi
	movq	16(%rdx), %rcx
	rep movsb
	movq	24(%rdx), %rcx
	xorl	%eax, %eax
	rep stosb
	addq	$PIECE_SIZE, %rdx
	decq	%rbp
	jnz	1b

	movq	BOOT_INFO(%rbx), %rdi
	call	*ENTRY(%rbx)
	ud2
jump_end:

	.section .note.GNU-stack, "", @progbits
