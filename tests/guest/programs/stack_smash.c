/* SPDX-License-Identifier: BSD-2-Clause */
/* Shows the canary, then writes beyond a buffer unless argv[1] says not to. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t canary(void)
{
	uint64_t value;

	__asm__ volatile("movq %%fs:0x28, %0" : "=r"(value)); /* where the System V ABI's compilers look for it */
	return value;
}

__attribute__((noinline)) static void overrun(volatile size_t len)
{
	volatile char buffer[16];

	for (size_t i = 0; i < len; i++)
		buffer[i] = 'A';
	printf("%c\n", buffer[0]);
	printf("wrote %u bytes\n", (unsigned)len);
}

int main(int argc, char **argv)
{
	printf("canary %016llx\n", (unsigned long long)canary());
	if (argc > 1 && strcmp(argv[1], "look") == 0)
		return 0;
	overrun(16);
	overrun(64);
	puts("survived");
	return 1;
}
