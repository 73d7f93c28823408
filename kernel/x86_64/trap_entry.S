/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a vector to C and back. Everything enters on a stack of the interrupt stack table with
 * interrupts off (segments.h), and leaves a struct trap_frame there. A preempting interrupt moves
 * that frame to the interrupted thread's own stack before it lets another thread run, so the
 * interrupt stack is free again.
 *
 * The CFI directives are for gdb, which unwinds through here: where a frame keeps the interrupted registers.
 */
#include "kernel/x86_64/segments.h"
#include "kernel/x86_64/vectors.h"

#define FRAME_REGISTERS 15
#define FRAME_WORDS     (FRAME_REGISTERS + 7)
#define FRAME_VECTOR    (FRAME_REGISTERS * 8)
#define FRAME_RSP       ((FRAME_REGISTERS + 5) * 8)
#define RED_ZONE        128 /* System V ABI, 3.2.2 */
#define FPU_AREA_ALIGN  64

	.macro	save_registers
	pushq	%rax
	pushq	%rbx
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	.endm

	/* A frame begins where the register points. The CFA is where it ends. */
	.macro	frame_at register
	.cfi_def_cfa \register, FRAME_WORDS * 8
	.cfi_offset %rsp, -16
	.cfi_offset %rip, -40
	.set	slot, -64
	.irp	saved, %rax, %rbx, %rcx, %rdx, %rsi, %rdi, %rbp, %r8, %r9, %r10, %r11, %r12, %r13, %r14, %r15
	.cfi_offset \saved, slot
	.set	slot, slot - 8
	.endr
	.endm

	.cfi_sections .debug_frame
	.text

	/*
	 * Exceptions. Some push an error code, the others get a zero (Intel SDM volume 3, table 6-1).
	 */
	.balign	TRAP_EXCEPTION_STUB_SIZE
	.globl	trap_exception_stubs
trap_exception_stubs:
	.set	vector, 0
	.rept	VECTOR_EXCEPTIONS
	.balign	TRAP_EXCEPTION_STUB_SIZE
	.if	vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21 && vector != 29 && vector != 30
	pushq	$0
	.endif
	pushq	$vector
	jmp	exception_entry
	.set	vector, vector + 1
	.endr

	/*
	 * Interrupts. A call is all they are: where it would return to tells the vector, and so short
	 * a stub saves more than half a kilobyte.
	 */
	.globl	trap_interrupt_stubs
trap_interrupt_stubs:
	.rept	VECTOR_COUNT - VECTOR_EXCEPTIONS
	call	interrupt_entry
	.endr
	.if	. - trap_interrupt_stubs - (VECTOR_COUNT - VECTOR_EXCEPTIONS) * TRAP_INTERRUPT_STUB_SIZE
	.error	"a call of another length"
	.endif

exception_entry:
	.cfi_startproc
	.cfi_signal_frame
	save_registers
	frame_at %rsp
	movq	%rsp, %rdi
	call	trap_exception
.Lexcepted:
	jmp	return_from_trap

interrupt_entry:
	pushq	(%rsp)
	movq	$0, 8(%rsp)	/* error code */
	save_registers
	movq	%rsp, %rdi
	movl	FRAME_VECTOR(%rsp), %eax
	subl	$trap_interrupt_stubs, %eax
	imull	$(1024 / TRAP_INTERRUPT_STUB_SIZE + 1), %eax	/* a quotient, exact for so few */
	shrl	$10, %eax
	addl	$(VECTOR_EXCEPTIONS - 1), %eax
	movq	%rax, FRAME_VECTOR(%rsp)
	call	trap_interrupt
.Linterrupted:
	testb	%al, %al
	jnz	preempt

return_from_trap:
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbx
	popq	%rax
	addq	$16, %rsp	/* vector, error code */
	iretq

/*
 * On the interrupted thread's stack, below its red zone: the frame, below it the FPU's state, below
 * that the scheduler.
 */
preempt:
	movq	%rsp, %rsi
	movq	FRAME_RSP(%rsp), %rdi
	subq	$(RED_ZONE + FRAME_WORDS * 8), %rdi
	andq	$-FPU_AREA_ALIGN, %rdi
	movq	%rdi, %rbx
	movl	$FRAME_WORDS, %ecx
	rep movsq
	movq	%rbx, %rsp
	frame_at %rbx
	subq	fpu_area_size, %rsp
	andq	$-FPU_AREA_ALIGN, %rsp
	movq	%rsp, %rdi
	call	fpu_save
	call	sched_preempt
.Lpreempted:
	movq	%rsp, %rdi
	call	fpu_restore
	movq	%rbx, %rsp
	jmp	return_from_trap
	.cfi_endproc

	/*
	 * For the debugger's call chains: where calls return to from which it is known where the
	 * interrupted registers lie. Only the debugger brings this into the image.
	 */
	.section .rodata.trap_returns, "a"
	.balign	8
	.globl	trap_excepted, trap_interrupted, trap_preempted
trap_excepted:
	.quad	.Lexcepted
trap_interrupted:
	.quad	.Linterrupted
trap_preempted:
	.quad	.Lpreempted

	.section .note.GNU-stack, "", @progbits
