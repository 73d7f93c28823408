/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread-local storage, variant II (System V ABI, "ELF Handling For Thread-Local Storage", section
 * 3.4.6): a copy of the image's TLS block ends where the thread control block begins, and FS points
 * at the latter.
 */
#include "kernel/heap.h"
#include "kernel/x86_64/arch.h"
#include <assert.h>
#include <stddef.h>
#include <string.h>

#define TLS_ALIGN 64 /* image.ld */

struct tcb {
	struct tcb *self;
	uint64_t unused[4];
	uint64_t canary;  /* %fs:0x28, where the compiler's stack protector reads it */
	uint64_t padding[2];
};

static_assert(offsetof(struct tcb, canary) == 0x28, "System V thread control block");

/* Values from image.ld, spelled as addresses. */
extern const char tls_image_start[], tls_image_size[], tls_size[];

void context_set_fs(uint64_t fs_base); /* context_switch.S */

/*
 * One canary for all threads: a function may begin in one thread block and end in another, as
 * thread_init()'s does.
 */
static uint64_t current_canary(void)
{
	uint64_t canary;

	__asm__("movq %%fs:0x28, %0" : "=r"(canary));
	return canary;
}

uint64_t tls_create(void **allocation)
{
	size_t size = (size_t)tls_size, filled = (size_t)tls_image_size;
	char *block = kmalloc_aligned(size + sizeof(struct tcb), TLS_ALIGN);
	struct tcb *tcb = (struct tcb *)(block + size);

	if (!block)
		return 0;
	memcpy(block, tls_image_start, filled);
	memset(block + filled, 0, size - filled);
	*tcb = (struct tcb){ .self = tcb, .canary = current_canary() };
	*allocation = block;
	return (uintptr_t)tcb;
}

void tls_set_current(uint64_t fs_base)
{
	context_set_fs(fs_base);
}
