/* SPDX-License-Identifier: BSD-2-Clause */
/* An access that a mapping does not allow ends the program, by name. The argument says which. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096

static char *map(int prot)
{
	return mmap(NULL, 4 * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	volatile char *p = map(PROT_READ | PROT_WRITE);

	p[0] = p[2 * PAGE] = (char)0xc3; /* ret */
	if (strcmp(how, "read-only") == 0) {
		mprotect((void *)p, PAGE, PROT_READ);
		p[0] = 1;
	} else if (strcmp(how, "read-only-lazy") == 0) {
		p = map(PROT_READ);
		p[PAGE] = 1;
	} else if (strcmp(how, "guard") == 0) {
		mprotect((void *)(p + PAGE), PAGE, PROT_NONE);
		(void)p[PAGE];
	} else if (strcmp(how, "unmapped") == 0) {
		munmap((void *)(p + PAGE), 2 * PAGE);
		(void)p[2 * PAGE];
	} else if (strcmp(how, "execute") == 0) {
		((void (*)(void))p)();
	}
	printf("survived\n");
	return 0;
}
