/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page faults: a page that is filled late, or an access that was wrong, named by what went wrong.
 * Source: Intel SDM volume 3, 4.7.
 */
#include "kernel/x86_64/fault.h"
#include "kernel/cpu.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/vm.h"
#include "kernel/vm_region.h"
#include "kernel/x86_64/trap.h"

enum { PF_PRESENT = 1 << 0, PF_WRITE = 1 << 1, PF_RESERVED_BIT = 1 << 3, PF_FETCH = 1 << 4 };

const char *fault_describe(uint64_t error_code, uint64_t address)
{
	if (error_code & PF_RESERVED_BIT)
		return "corrupt page table";
	if (address < PAGE_SIZE)
		return error_code & PF_FETCH ? "NULL function call" : "NULL pointer dereference";
	if (error_code & PF_FETCH)
		return error_code & PF_PRESENT ? "execute of non-executable memory" : "jump to unmapped memory";
	if (error_code & PF_PRESENT)
		return "write to read-only memory";
	return error_code & PF_WRITE ? "write to unmapped memory" : "read of unmapped memory";
}

static _Noreturn void stack_overflow(struct trap_frame *tf, uint64_t address)
{
	const struct cpu *cpu = this_cpu();

	if (cpu->interrupt_depth > 0)
		panic_trap(tf, "stack overflow in an interrupt handler (address 0x%lx)", address);
	panic_trap(tf, "stack overflow in thread %s (address 0x%lx)",
		   cpu->current ? cpu->current->name : "boot", address);
}

static unsigned access_of(uint64_t error_code)
{
	if (error_code & PF_FETCH)
		return VM_EXEC;
	return error_code & PF_WRITE ? VM_WRITE : VM_READ;
}

static _Noreturn void bad_access(struct trap_frame *tf, uint64_t address)
{
	const struct vm_region *r = region_find(address);

	if (!r)
		panic_trap(tf, "%s (address 0x%lx)", fault_describe(tf->error_code, address), address);
	panic_trap(tf, "%s (address 0x%lx, in region 0x%lx-0x%lx %c%c%c)",
		   r->prot ? fault_describe(tf->error_code | PF_PRESENT, address)
			   : "access to protected memory",
		   address, r->start, r->end, r->prot & VM_READ ? 'r' : '-',
		   r->prot & VM_WRITE ? 'w' : '-', r->prot & VM_EXEC ? 'x' : '-');
}

void page_fault(struct trap_frame *tf, uint64_t address)
{
	if (vm_is_guard(address))
		stack_overflow(tf, address);
	if (tf->error_code & PF_RESERVED_BIT || !vm_fault(address, access_of(tf->error_code)))
		bad_access(tf, address);
}
