/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader's memory map, collected and taken apart again. A byte per page stands for memory; what
 * the code says of each page must be what the byte says.
 *
 * Links: boot/memory.c kernel/x86_64/memory_map.c
 */
#include "boot/boot.h"
#include "kernel/x86_64/memory_map.h"
#include "tests/host/test.h"

#define PAGES 200

/*
 * The model: the strictest type that any region gives a page, in the order of the enum below;
 * NOTHING reads as reserved.
 */
enum { NOTHING, USABLE, CLAIMED, ACPI, RESERVED };

static unsigned model_rank(unsigned type)
{
	return type == MEM_USABLE ? USABLE : type == MEM_CLAIMED ? CLAIMED : type == MEM_ACPI ? ACPI : RESERVED;
}

static void model_add(unsigned char *model, unsigned first, unsigned n, unsigned type)
{
	for (unsigned i = first; i < first + n && i < PAGES; i++)
		if (model_rank(type) > model[i])
			model[i] = model_rank(type);
}

static void compare(const struct mem_region *map, unsigned n, const unsigned char *model)
{
	struct memory_stretch s = { 0 };
	uint64_t at = 0;
	unsigned before = 99;

	while (memory_map_next(map, n, &s)) {
		CHECK_EQ(s.base, at);
		CHECK(s.end > s.base);
		CHECK(s.type != before); /* as long as possible */
		for (uint64_t i = s.base; i < s.end && i < PAGES; i++)
			CHECK_EQ(model_rank(s.type), model[i] == NOTHING ? RESERVED : model[i]);
		at = s.end;
		before = s.type;
	}
	CHECK(at == UINT64_MAX);
}

TEST(no_regions)
{
	unsigned char model[PAGES] = { 0 };

	compare(NULL, 0, model);
}

TEST(random_overlaps)
{
	srand(1);
	for (int round = 0; round < 2000; round++) {
		struct mem_region map[12];
		unsigned char model[PAGES] = { 0 };
		unsigned n = rand() % 13;

		for (unsigned i = 0; i < n; i++) {
			unsigned first = rand() % PAGES, len = rand() % 60, type = rand() % 4;

			map[i] = (struct mem_region){ first, len, type };
			model_add(model, first, len, type);
		}
		compare(map, n, model);
	}
}

TEST(starts_anywhere)
{
	struct mem_region map[] = { { 0, 100, MEM_USABLE }, { 40, 10, MEM_RESERVED } };
	struct memory_stretch s = { .end = 30 };

	CHECK(memory_map_next(map, 2, &s));
	CHECK_EQ(s.base, 30);
	CHECK_EQ(s.end, 40);
	CHECK_EQ(s.type, MEM_USABLE);
}

TEST(end_of_the_address_space)
{
	struct mem_region map[] = { { -4096ull, 8192, MEM_USABLE } };
	struct memory_stretch s = { 0 };

	CHECK(memory_map_next(map, 1, &s));
	CHECK(memory_map_next(map, 1, &s));
	CHECK_EQ(s.type, MEM_USABLE);
	CHECK(s.end == UINT64_MAX);
	CHECK(!memory_map_next(map, 1, &s));
}

TEST(neighbours_are_joined)
{
	struct boot_info boot = { 0 };

	boot_add_memory(&boot, 0x1000, 0x1000, E820_RAM);
	boot_add_memory(&boot, 0x2000, 0x1000, E820_RAM);
	boot_add_memory(&boot, 0, 0x1000, E820_RAM);
	boot_add_memory(&boot, 0x3000, 0x1000, E820_RESERVED);
	boot_add_memory(&boot, 0x4000, 0x1000, E820_ACPI);
	boot_add_memory(&boot, 0x5000, 0x1000, E820_NVS);
	boot_add_memory(&boot, 0x6000, 0, E820_RAM);
	CHECK_EQ(boot.nmem, 3);
	CHECK_EQ(boot.mem[0].base, 0);
	CHECK_EQ(boot.mem[0].len, 0x3000);
	CHECK_EQ(boot.mem[2].type, MEM_ACPI);
	CHECK_EQ(boot.mem[2].len, 0x2000);
}

/* Types that e820 may grow are not memory to use. */
TEST(unknown_types_are_reserved)
{
	struct boot_info boot = { 0 };

	boot_add_memory(&boot, 0, 0x1000, 0);
	boot_add_memory(&boot, 0x2000, 0x1000, 0xf0000000);
	CHECK_EQ(boot.mem[0].type, MEM_RESERVED);
	CHECK_EQ(boot.mem[1].type, MEM_RESERVED);
}

TEST(wrapping_region)
{
	struct boot_info boot = { 0 };

	boot_add_memory(&boot, -0x1000ull, 0x3000, E820_RESERVED);
	CHECK_EQ(boot.nmem, 1);
	CHECK(boot.mem[0].base + boot.mem[0].len == 0 || boot.mem[0].base + boot.mem[0].len > boot.mem[0].base);
}

/* However many regions there are: nothing is taken for usable that some region forbids. */
TEST(more_regions_than_fit)
{
	srand(2);
	for (int round = 0; round < 300; round++) {
		struct boot_info boot = { 0 };
		unsigned char model[PAGES] = { 0 };
		struct memory_stretch s = { 0 };

		for (unsigned i = 0; i < 3 * BOOT_MEM_MAX; i++) {
			unsigned first = rand() % PAGES, len = 1 + rand() % 3;
			bool ram = rand() % 3 != 0;

			boot_add_memory(&boot, first, len, ram ? E820_RAM : E820_RESERVED);
			model_add(model, first, len, ram ? MEM_USABLE : MEM_RESERVED);
		}
		CHECK(boot.nmem <= BOOT_MEM_MAX);
		while (memory_map_next(boot.mem, boot.nmem, &s))
			for (uint64_t i = s.base; s.type == MEM_USABLE && i < s.end; i++)
				CHECK(i < PAGES + 3 && (i >= PAGES || model[i] == USABLE));
	}
}

TEST_MAIN
