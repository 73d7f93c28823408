/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt vectors: the CPU's own (Intel SDM volume 3, table 6-1) and how ours are dealt out. Also
 * read by assembly.
 */
#pragma once

#define VECTOR_DEBUG         1
#define VECTOR_NMI           2
#define VECTOR_BREAKPOINT    3
#define VECTOR_DOUBLE_FAULT  8
#define VECTOR_PAGE_FAULT    14
#define VECTOR_MACHINE_CHECK 18
#define VECTOR_EXCEPTIONS    32   /* below it: the CPU's own */

/* The APIC serves higher vectors first, in classes of 16. */
#define VECTOR_DEVICE_FIRST  0x30 /* 0x20-0x2f stay empty: a firmware's 8259s might raise them */
#define VECTOR_DEVICE_LAST   0xdf
#define VECTOR_TIMER         0xe0
#define VECTOR_RESCHEDULE    0xe1 /* from another CPU */
#define VECTOR_TLB           0xf0 /* likewise, and it waits */
#define VECTOR_SPURIOUS      0xff
#define VECTOR_COUNT         256

#define TRAP_EXCEPTION_STUB_SIZE 16
#define TRAP_INTERRUPT_STUB_SIZE 5
