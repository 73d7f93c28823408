/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine of as many MiB as the argument says: half of what is free mapped, both its ends and some of it touched. */
#include "check.h"
#include "kernel/page.h"
#include <stdlib.h>
#include <sys/mman.h>

#define MIB (1ul << 20)

int main(int argc, char **argv)
{
	size_t mib = argc > 1 ? strtoul(argv[1], NULL, 0) : 0, before = page_count_free();
	size_t len = before * 4096 / 2;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page_count_total() * 4096 > mib * MIB / 4 && page_count_total() * 4096 <= mib * MIB);
	CHECK(p != MAP_FAILED);
	CHECK(page_count_free() <= before - len / 4096);
	for (size_t at = 0; at < len; at += len / 8)
		p[at] = 1;
	p[len - 1] = 1;
	CHECK(mmap(NULL, len + len / 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	CHECK_EQ(munmap(p, len), 0);
	CHECK(page_count_free() + 2 >= before);
	return verdict();
}
