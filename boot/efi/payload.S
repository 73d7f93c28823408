/* SPDX-License-Identifier: BSD-2-Clause */
/* The image, inside the loader. PAYLOAD is its file name, given by the Makefile. */
	.section .rodata, "a", @progbits
	.balign	16
	.globl	payload_start, payload_end
payload_start:
	.incbin	PAYLOAD
payload_end:

	.section .note.GNU-stack, "", @progbits
