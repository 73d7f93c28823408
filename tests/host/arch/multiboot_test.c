/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the loaders' readers make of good and of broken information. Everything lies at the end of a
 * mapping below 4 GiB, so that reading past it is a fault.
 *
 * Links: boot/memory.c boot/multiboot1.c boot/multiboot2.c boot/pvh.c
 */
#include "boot/boot.h"
#include "tests/host/test.h"
#include <sys/mman.h>

#define ROOM 8192

const char boot_low_alias[2 * BOOT_PAGE_SIZE] = "alias"; /* what PVH left in page 0 */

static char *arena;

static void arena_init(void)
{
	if (arena)
		return;
	arena = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	mprotect(arena + ROOM, 4096, PROT_NONE);
}

/* A copy of words whose last byte is the arena's last. */
static const void *place(const void *bytes, size_t len)
{
	arena_init();
	return memcpy(arena + ROOM - len, bytes, len);
}

/* Multiboot2: tags put one after the other. */
static struct {
	uint32_t words[512];
	unsigned n;
} mb2;

static void mb2_begin(void)
{
	mb2.n = 2;
}

static void mb2_tag(uint32_t type, uint32_t size, const void *payload, size_t len)
{
	mb2.words[mb2.n] = type;
	mb2.words[mb2.n + 1] = size;
	memset(&mb2.words[mb2.n + 2], 0, (len + 7) & ~7ul);
	memcpy(&mb2.words[mb2.n + 2], payload, len);
	mb2.n += 2 + (len + 7) / 8 * 2;
}

static struct boot_info mb2_read(uint32_t total)
{
	struct boot_info boot = { .cmdline = "" };

	mb2.words[0] = total;
	multiboot2_read(&boot, place(mb2.words, (total + 7) & ~7u));
	return boot;
}

TEST(multiboot2_whole)
{
	uint32_t module[] = { 0x2000, 0x2800, 0 };
	uint32_t mmap[] = { 24, 0, 0, 0, 0x9fc00, 0, 1, 0, 0x100000, 0, 0x700000, 0, 1, 0 };
	struct boot_info boot;

	mb2_begin();
	mb2_tag(1, 8 + 8, "a=b -- c", 9);
	mb2.words[3] = 8 + 9;
	mb2_tag(3, 8 + sizeof module, module, sizeof module);
	mb2_tag(6, 8 + sizeof mmap, mmap, sizeof mmap);
	mb2_tag(14, 8 + 20, "RSD PTR old         ", 20);
	mb2_tag(15, 8 + 36, "RSD PTR new                         ", 36);
	mb2_tag(0, 8, "", 0);
	boot = mb2_read(mb2.n * 4);
	CHECK_STR(boot.loader, "multiboot2");
	CHECK_STR(boot.cmdline, "a=b -- c");
	CHECK(boot.initrd == (void *)0x2000);
	CHECK_EQ(boot.initrd_len, 0x800);
	CHECK_EQ(boot.nmem, 2);
	CHECK_EQ(boot.mem[1].len, 0x700000);
	CHECK(memcmp((void *)boot.acpi_rsdp, "RSD PTR new", 11) == 0);
}

TEST(multiboot2_newer_rsdp_wins_in_any_order)
{
	struct boot_info boot;

	mb2_begin();
	mb2_tag(15, 8 + 36, "RSD PTR new                         ", 36);
	mb2_tag(14, 8 + 20, "RSD PTR old         ", 20);
	boot = mb2_read(mb2.n * 4);
	CHECK(memcmp((void *)boot.acpi_rsdp, "RSD PTR new", 11) == 0);
}

TEST(multiboot2_sizes_that_lie)
{
	static const uint32_t sizes[] = {
		0, 1, 7, 8, 9, 12, 15, 16, 17, 23, 24, 25, 1000, 0x7fffffff, 0xfffffff8, 0xffffffff,
	};

	for (uint32_t type = 0; type < 20; type++) {
		for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			uint32_t payload[] = { 24, 0, 0x1000, 0 };

			mb2_begin();
			mb2_tag(type, sizes[i], payload, sizeof payload);
			CHECK(mb2_read(mb2.n * 4).nmem <= 1);
		}
	}
}

TEST(multiboot2_totals_that_lie)
{
	for (uint32_t total = 0; total < 40; total++) {
		mb2_begin();
		mb2_tag(1, 8 + 3, "abc", 3); /* no NUL in it */
		mb2_tag(0, 8, "", 0);
		CHECK_STR(mb2_read(total < 8 ? 8 : total).cmdline, "");
	}
}

TEST(multiboot2_zero_entry_size)
{
	uint32_t mmap[] = { 0, 0, 0, 0, 0x1000, 0, 1, 0 };

	mb2_begin();
	mb2_tag(6, 8 + sizeof mmap, mmap, sizeof mmap);
	CHECK_EQ(mb2_read(mb2.n * 4).nmem, 0);
}

/* Multiboot 1: flags, then the fields they vouch for. */
static uint32_t address_of(const void *p)
{
	return (uintptr_t)p;
}

static struct boot_info mb1_read(uint32_t *mbi)
{
	struct boot_info boot = { .cmdline = "" };

	multiboot1_read(&boot, mbi);
	return boot;
}

static char *arena_text(unsigned at, const char *text)
{
	arena_init();
	return strcpy(arena + at, text);
}

TEST(multiboot1_strips_the_path_under_qemu_only)
{
	uint32_t mbi[17] = { [0] = 1 << 2 | 1 << 9 };

	mbi[4] = address_of(arena_text(0, "/a/kernel.elf  x=1 -- y"));
	mbi[16] = address_of(arena_text(100, "qemu"));
	CHECK_STR(mb1_read(mbi).cmdline, "x=1 -- y");
	mbi[4] = address_of(arena_text(0, "/a/kernel.elf"));
	CHECK_STR(mb1_read(mbi).cmdline, "");
	mbi[4] = address_of(arena_text(0, "x=1 -- y"));
	mbi[16] = address_of(arena_text(100, "GRUB 2.06"));
	CHECK_STR(mb1_read(mbi).cmdline, "x=1 -- y");
}

TEST(multiboot1_memory_map)
{
	static const uint32_t entries[] = {
		20, 0, 0, 0xa0000, 0, 1,
		20, 0x100000, 0, 0x100000, 0, 1,
		20, 0x200000, 0, 0x1000, 0, 2,
	};
	uint32_t mbi[17] = { [0] = 1 << 0 | 1 << 6, [1] = 640, [2] = 4096 };

	mbi[11] = sizeof entries;
	mbi[12] = address_of(place(entries, sizeof entries));
	CHECK_EQ(mb1_read(mbi).nmem, 3);
	mbi[11] = 23; /* less than one entry */
	CHECK_EQ(mb1_read(mbi).nmem, 0);
	mbi[0] = 1 << 0;
	CHECK_EQ(mb1_read(mbi).mem[1].len, 4096 * 1024);
}

TEST(multiboot1_entry_sizes_that_lie)
{
	uint32_t entries[] = { 0xffffffff, 0, 0, 0x1000, 0, 1 };
	uint32_t mbi[17] = { [0] = 1 << 6, [11] = sizeof entries };

	mbi[12] = address_of(place(entries, sizeof entries));
	CHECK_EQ(mb1_read(mbi).nmem, 1);
	entries[0] = 0; /* the next entry 4 bytes on: fewer bytes than an entry are left then */
	mbi[12] = address_of(place(entries, sizeof entries));
	CHECK_EQ(mb1_read(mbi).nmem, 1);
}

TEST(pvh)
{
	struct {
		uint64_t addr, size;
		uint32_t type, reserved;
	} map[] = { { 0, 0xa0000, 1, 0 }, { 0x100000, 0x100000, 1, 0 } };
	struct {
		uint32_t magic, version, flags, nr_modules;
		uint64_t modlist, cmdline, rsdp, memmap;
		uint32_t entries, reserved;
	} start = { 0x336ec578, 1, 0, 0, 0, 0, 0xf0000, 0, 2, 0 };
	struct boot_info boot = { .cmdline = "" };

	start.memmap = (uintptr_t)place(map, sizeof map);
	start.cmdline = 0; /* none */
	pvh_read(&boot, &start);
	CHECK_EQ(boot.nmem, 2);
	CHECK_STR(boot.cmdline, "");
	CHECK_EQ(boot.acpi_rsdp, 0xf0000);
	start.version = 0; /* which had no map */
	boot = (struct boot_info){ .cmdline = "" };
	pvh_read(&boot, &start);
	CHECK_EQ(boot.nmem, 0);
	CHECK(boot_pointer(4095) == boot_low_alias + 4095);
}

TEST_MAIN
