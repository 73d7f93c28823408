/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways into the debugger that C cannot write. */

	.text

/* kdb_enter(why): the trap handler knows it by the address. */
	.globl	kdb_enter
	.type	kdb_enter, @function
kdb_enter:
	pushq	%rbp
	movq	%rsp, %rbp
	int3
.Lentered:
	popq	%rbp
	ret
	.size	kdb_enter, . - kdb_enter

/* call_on_stack(top, f, arg) */
	.globl	call_on_stack
	.type	call_on_stack, @function
call_on_stack:
	pushq	%rbp
	movq	%rsp, %rbp
	movq	%rdi, %rsp
	movq	%rdx, %rdi
	call	*%rsi
	movq	%rbp, %rsp
	popq	%rbp
	ret
	.size	call_on_stack, . - call_on_stack

	.section .rodata.kdb_entered, "a"
	.balign	8
	.globl	kdb_entered
kdb_entered:
	.quad	.Lentered

	.section .note.GNU-stack, "", @progbits
