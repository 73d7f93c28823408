/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls functions of its own that are named as the kernel's are, while the kernel calls its own. */
#include "names.h"
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	void *memory = malloc(1 << 20); /* by way of the kernel's page_alloc() */

	printf("%d %d\n", page_alloc(4), panic("all is well"));
	return memory ? 0 : 1;
}
