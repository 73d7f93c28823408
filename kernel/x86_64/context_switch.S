/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread switch (context.h). What the System V ABI lets a callee change is not saved. FS changes
 * here and not in C, where a compiler may keep an address that it computed from FS, such as
 * errno's, across the call. On the way, what tlb_flush_later() left to this moment is done.
 */

#include "kernel/x86_64/offsets.h"

#define MSR_FS_BASE 0xc0000100

#define CONTEXT_RSP     0
#define CONTEXT_FS_BASE 8

	.text
	.globl	context_switch
context_switch:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, CONTEXT_RSP(%rdi)

	movq	tlb_generation, %rax
	cmpq	%rax, %gs:CPU_TLB_SEEN
	jne	2f
1:	movq	CONTEXT_RSP(%rsi), %rsp
	movq	CONTEXT_FS_BASE(%rsi), %rdi
	call	context_set_fs
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
2:	movq	%rsi, %rbx
	movq	%gs:0, %rdi
	call	tlb_catch_up
	movq	%rbx, %rsi
	jmp	1b

	.globl	context_set_fs
context_set_fs:
	cmpb	$0, cpu_features	/* its first member: fsgsbase */
	je	1f
	wrfsbase %rdi
	ret
1:	movq	%rdi, %rax
	movq	%rdi, %rdx
	shrq	$32, %rdx
	movl	$MSR_FS_BASE, %ecx
	wrmsr
	ret

/* Where a new thread begins: context_init() left entry in RBX and its argument in R12. */
	.globl	context_start
	.type	context_start, @function
	.cfi_sections .debug_frame
context_start:
	.cfi_startproc
	.cfi_undefined %rip	/* gdb: nobody called it */
	movq	%r12, %rdi
	call	*%rbx
	ud2
	.cfi_endproc
	.size	context_start, . - context_start

	.section .note.GNU-stack, "", @progbits
