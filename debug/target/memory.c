/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that may not be there. The page tables are asked first: what they do not map cannot be read
 * without a fault, and filling it would need locks.
 */
#include "debug/target/target.h"
#include "kernel/page.h"
#include "kernel/vm.h"
#include "kernel/x86_64/debugger/hardware.h"

/* From address on, within its page. 0: nothing is there. */
static size_t there(uint64_t address, size_t len)
{
	size_t room = PAGE_SIZE - address % PAGE_SIZE;

	if (!vm_phys((const void *)address))
		return 0;
	return len < room ? len : room;
}

/* A device's register wants one access of its size. */
static void read_piece(void *buf, const void *from, size_t len)
{
	if (len == 2 && (uintptr_t)from % 2 == 0)
		*(uint16_t *)buf = *(const volatile uint16_t *)from;
	else if (len == 4 && (uintptr_t)from % 4 == 0)
		*(uint32_t *)buf = *(const volatile uint32_t *)from;
	else
		memcpy(buf, from, len);
}

size_t target_read(uint64_t address, void *buf, size_t len)
{
	size_t done = 0, n;

	for (; done < len && (n = there(address + done, len - done)) > 0; done += n)
		read_piece((char *)buf + done, (const void *)(address + done), n);
	return done;
}

size_t target_write(uint64_t address, const void *buf, size_t len)
{
	size_t done = 0, n;

	for (; done < len && (n = there(address + done, len - done)) > 0; done += n)
		write_anything((void *)(address + done), (const char *)buf + done, n);
	return done;
}
