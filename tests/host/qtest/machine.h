/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine around the drivers under test: QEMU's devices, reached through qtest, in place of model ones. Interrupts come
 * for real: messages are sent to a place in RAM, lines are reported by qtest; both are delivered while the test waits.
 */
#pragma once

#include "tests/host/qtest/qemu.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include <stdbool.h>
#include <stdint.h>

/* A machine, and a way a virtio device is connected to it. */
struct machine_way {
	const char *name;
	const char *machine;  /* of QEMU's */
	const char *options;  /* of the device, each with a comma in front */
	bool mmio;
	bool legacy;          /* the interface that drivers are to take */
	bool packed;          /* the ring */
	bool root_port;       /* the device is behind one */
};

/* The first one: PCI on q35, modern, split. */
#define MACHINE_WAYS 10u
extern const struct machine_way machine_ways[MACHINE_WAYS];

/* Of the test that runs. */
extern const struct machine_way *machine_way;

/* Adds a device that is connected that way: "blk", "drive=d0". Its id is the type. */
void machine_add_virtio(const char *type, const char *options);

/* Starts QEMU, does what a PC's firmware would have done, and has the kernel find the devices. */
void machine_boot(void);

/* Delivers interrupts, fires timers and runs submitted work until nothing moves any more. True: something did. */
bool machine_run(void);

/* The same; where nothing moved, waits a moment for QEMU. */
void machine_wait(void);

/* For so long may take what QEMU is to do. */
#define MACHINE_PATIENCE_NS 20000000000ull
uint64_t clock_now_ns(void);

#define UNTIL(condition) ({								\
	uint64_t end_ = clock_now_ns() + MACHINE_PATIENCE_NS;				\
	while (!(condition) && clock_now_ns() < end_)					\
		machine_wait();								\
	CHECK(condition);								\
})

/*
 * A test in a process of its own, with a machine of its own, whose stack lies in that machine's RAM as a kernel thread's
 * does. It fails, too, when QEMU complains of anything.
 */
#define QEMU_TEST(id) WAYS_TEST(id, machine_ways, 1)
#define EACH_WAY_TEST(id) WAYS_TEST(id, machine_ways, MACHINE_WAYS)
#define WAYS_TEST(id, ways, n)							\
	static void machine_##id(void);						\
	TEST(id) { machine_test(machine_##id, (ways), (n)); }			\
	static void machine_##id(void)
void machine_test(void (*run)(void), const struct machine_way *ways, unsigned n);

/* In that test: this is what it is about, and QEMU has to complain of it. */
void machine_expect_complaint(const char *part);
