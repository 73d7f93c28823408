/* SPDX-License-Identifier: BSD-2-Clause */
/* Out of memory is an error the caller sees; what was given back is there again. */
#include "check.h"
#include "kernel/heap.h"
#include "kernel/thread.h"
#include "kernel/vm.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK (256 * 1024)

struct block {
	struct block *next;
	unsigned char fill[BLOCK - sizeof(struct block *)];
};

/* Takes all there is, each block filled so that a shared page would show. */
static struct block *take_all(unsigned *count)
{
	struct block *all = NULL, *b;

	*count = 0;
	while ((b = malloc(sizeof *b))) {
		memset(b->fill, (int)(*count & 0xff), sizeof b->fill);
		b->next = all;
		all = b;
		++*count;
	}
	return all;
}

static void give_back(struct block *all, unsigned count)
{
	while (all) {
		struct block *next = all->next;

		count--;
		CHECK(all->fill[0] == (count & 0xff) && all->fill[sizeof all->fill - 1] == (count & 0xff));
		free(all);
		all = next;
	}
}

/* RAM that is not in use yet stays RAM, whoever takes it for firmware's tables or a device's registers. */
static void take_ram_for_something_else(void)
{
	uintptr_t ram = 21 << 20;

	CHECK_EQ(vm_phys((void *)ram), 0);
	CHECK(vm_map_rom(ram + 5, 5000) == (void *)(ram + 5));
	CHECK(vm_map_device(ram + (1 << 20), 4096) == (void *)(ram + (1 << 20)));
	CHECK_EQ(vm_phys((void *)(ram + 4096)), ram + 4096);
}

static void nothing(void *unused)
{
	(void)unused;
}

int main(void)
{
	unsigned first, second;
	struct block *all;
	struct thread *t;

	take_ram_for_something_else();
	all = take_all(&first); /* with which it is written */
	CHECK_EQ(errno, ENOMEM);
	CHECK(first > 0);
	t = thread_create("late", PRIO_APP, 4 << 20, nothing, NULL);
	CHECK(!t);
	CHECK(!kmalloc(4 << 20));
	CHECK(sbrk(2 * BLOCK) == (void *)-1); /* malloc, which was refused, asked for a little more than a block */
	give_back(all, first);
	all = take_all(&second);
	give_back(all, second);
	CHECK(second + 4 >= first);
	CHECK(!malloc(PTRDIFF_MAX));
	printf("%u KiB in all\n", first * (BLOCK / 1024));
	return verdict();
}
