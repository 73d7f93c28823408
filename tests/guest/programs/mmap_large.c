/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Large pages are cleared with no lock held. One CPU under -icount, where a tick is an instruction, and the debug build, which looks how long each lock
 * is held: clearing 2 MiB takes more than 200,000.
 */
#include "check.h"
#include "kernel/page.h"
#include "kernel/spinlock.h"
#include "kernel/vm.h"
#include <sys/mman.h>

#define LARGE (2ul << 20)
#define COUNT 4

/* First touches, by faults and by the call; each page is a large one, and empty. */
static void touch(volatile char *p, size_t len)
{
	for (size_t at = 0; at < len; at += LARGE)
		p[at + 5] = 1;
	for (size_t at = 0; at < len; at += 4096)
		CHECK(p[at] == 0 && vm_phys((char *)p + at) == vm_phys((char *)p + at / LARGE * LARGE) + at % LARGE);
}

int main(void)
{
	size_t before = page_count_free(), len = COUNT * LARGE;
	char *all = mmap(NULL, len + LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *p = (char *)(((uintptr_t)all + LARGE - 1) & -LARGE);
	uint64_t usual = spinlock_ticks_max;

	CHECK(all != MAP_FAILED);
	spinlock_ticks_max = 100000;
	touch(p, len);
	CHECK_EQ(madvise(p, len, MADV_DONTNEED), 0);
	CHECK_EQ(mlock(p, len), 0);
	touch(p, len);
	CHECK_EQ(munmap(all, len + LARGE), 0);
	spinlock_ticks_max = usual;
	CHECK(page_count_free() + 2 >= before);
	return verdict();
}
