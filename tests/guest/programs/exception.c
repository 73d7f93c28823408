/* SPDX-License-Identifier: BSD-2-Clause */
/* Raises the exception argv[1] names. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static volatile int one = 1, zero;
static const struct { uint16_t limit; uint64_t base; } __attribute__((packed)) nothing;

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	printf("trying: %s\n", how);
	if (strcmp(how, "invalid-opcode") == 0)
		__asm__ volatile("ud2");
	else if (strcmp(how, "divide") == 0)
		printf("%d\n", one / zero);
	else if (strcmp(how, "breakpoint") == 0)
		__asm__ volatile("int3");
	else if (strcmp(how, "noncanonical") == 0)
		*(volatile int *)0x800000000000 = 1;
	else if (strcmp(how, "unmapped") == 0)
		*(volatile int *)0x700000000000 = 1;
	else if (strcmp(how, "triple") == 0)
		__asm__ volatile("lidt %0; int3" : : "m"(nothing)); /* no table is left to find a handler in */
	puts("survived");
	return 1;
}
