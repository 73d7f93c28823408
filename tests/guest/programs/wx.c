/* SPDX-License-Identifier: BSD-2-Clause */
/* Breaks W^X in the way argv[1] says. The kernel has to stop it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RET 0xc3 /* the whole of a function that returns */

static const char constant[] = "constant";
static unsigned char data[] = { RET };
static unsigned char bss[1];

/* gcc takes a function that is only written to for one nobody needs. */
__attribute__((used)) static void function(void)
{
	puts("called");
}

static void poke(const volatile void *at)
{
	*(volatile unsigned char *)at = RET;
}

static void call(void *at)
{
	((void (*)(void))(uintptr_t)at)();
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	unsigned char stack[] = { RET };
	unsigned char *heap = malloc(1);

	*heap = RET;
	bss[0] = RET;
	printf("trying: %s\n", how);
	if (strcmp(how, "write-text") == 0)
		poke((void *)(uintptr_t)function);
	else if (strcmp(how, "write-rodata") == 0)
		poke(constant);
	else if (strcmp(how, "exec-rodata") == 0)
		call((void *)constant);
	else if (strcmp(how, "exec-data") == 0)
		call(data);
	else if (strcmp(how, "exec-bss") == 0)
		call(bss);
	else if (strcmp(how, "exec-stack") == 0)
		call(stack);
	else if (strcmp(how, "exec-heap") == 0)
		call(heap);
	puts("survived");
	return 1;
}
