/* SPDX-License-Identifier: BSD-2-Clause */
/* As many pairs of mmap() and munmap() as the argument says, of two sizes in turns, beside 3,000 mappings with no room between them; then done(). */
#include "check.h"
#include <stdlib.h>
#include <sys/mman.h>

#define MAPPINGS 3000
#define PAGE     4096u

__attribute__((noinline)) void done(void);
void done(void)
{
	__asm__ volatile("");
}

static char *map(size_t len, int prot)
{
	char *p = mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

int main(int argc, char **argv)
{
	unsigned pairs = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 0;

	for (unsigned i = 0; i < MAPPINGS; i++)
		map(PAGE, i % 2 ? PROT_READ : PROT_NONE); /* neighbours that cannot be one */
	for (unsigned i = 0; i < pairs; i++) {
		size_t len = i % 2 ? PAGE : 16 * PAGE;

		CHECK_EQ(munmap(map(len, PROT_READ | PROT_WRITE), len), 0);
	}
	done();
	return verdict();
}
