/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Uses memory as the test says, while the host takes some of it: "use N" fills N MiB, "free" gives all back, "churn N"
 * fills and frees N MiB in many pieces, "free pages" and "exit" are what they say.
 */
#include "check.h"
#include "kernel/page.h"
#include <stdlib.h>
#include <string.h>

#define MIB    (1u << 20)
#define PIECES 1024

static unsigned char *block[PIECES];

/* Nothing that the host could find to be the same in two pages. */
static void fill(unsigned char *p, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i += sizeof seed)
		*(unsigned *)(p + i) = seed = seed * 1103515245u + 12345u;
}

static void check(const unsigned char *p, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i += sizeof seed)
		if (*(const unsigned *)(p + i) != (seed = seed * 1103515245u + 12345u)) {
			printf("FAIL at %zu of %p\n", i, (const void *)p);
			failed++;
			return;
		}
}

static void release(unsigned i)
{
	if (block[i])
		check(block[i], MIB, i);
	free(block[i]);
	block[i] = NULL;
}

static void use(unsigned n)
{
	unsigned i = 0;

	for (; i < n && (block[i] = malloc(MIB)); i++)
		fill(block[i], MIB, i);
	printf("used %u\n", i);
}

static void release_all(void)
{
	for (unsigned i = 0; i < PIECES; i++)
		release(i);
	printf("freed\n");
}

static void churn(unsigned n)
{
	for (unsigned turn = 0; turn < 20 * n; turn++) {
		unsigned i = turn * 7 % n;

		release(i);
		block[i] = malloc(MIB);
		if (block[i])
			fill(block[i], MIB, i);
	}
	release_all();
}

int main(void)
{
	char line[64];
	unsigned n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	while (fgets(line, sizeof line, stdin) && strcmp(line, "exit\n") != 0) {
		if (sscanf(line, "use %u", &n) == 1)
			use(n);
		else if (sscanf(line, "churn %u", &n) == 1)
			churn(n);
		else if (strcmp(line, "free\n") == 0)
			release_all();
		else
			printf("free pages %zu\n", page_count_free());
	}
	return verdict();
}
