/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stopped system: memory that is not there, points in memory and in registers, threads' registers
 * wherever they were left, a broken list.
 *
 * Links: debug/target/memory.c debug/target/points.c debug/target/threads.c
 */
#include "tests/host/test.h"
#include "debug/target/enter.h"
#include "debug/target/points.h"
#include "kernel/cpu.h"
#include "kernel/page.h"
#include "kernel/thread.h"
#include "kernel/vm.h"
#include "kernel/x86_64/debugger/hardware.h"
#include "kernel/x86_64/fpu.h"
#include "kernel/x86_64/trap.h"
#include <errno.h>
#include <sys/mman.h>

uint64_t host_dr[HARDWARE_POINTS], host_dr7;
uint64_t fpu_area_size = 512;
const uint64_t trap_excepted = 0xe0, trap_interrupted = 0xe1, trap_preempted = 0xe2;

/* Three pages, of which the middle one is not mapped; and whatever the test itself has. */
static char *pages;

uint64_t vm_phys(const void *addr)
{
	uintptr_t at = (uintptr_t)addr;

	if (at < 0x10000 || at >> 47 || (at >= (uintptr_t)pages + PAGE_SIZE && at < (uintptr_t)pages + 2 * PAGE_SIZE))
		return 0;
	return at;
}

static struct list head = LIST_INIT(head);
static struct trap_frame *stopped_with;

const struct list *thread_list(void)
{
	return &head;
}

struct trap_frame *target_frame_of(const struct cpu *cpu)
{
	(void)cpu;
	return stopped_with;
}

static void begin(void)
{
	struct target_point_info p;

	if (!pages)
		pages = mmap(NULL, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_NONE);
	while (target_point_at(0, &p))
		target_point_clear(p.kind, p.address, p.len);
	list_init(&head);
	stopped_with = NULL;
	cpus[0]->current = NULL;
}

static uint64_t at(unsigned offset)
{
	return (uintptr_t)pages + offset;
}

TEST(memory_ends_where_nothing_is_mapped)
{
	char buf[64];

	begin();
	memset(pages, 'a', PAGE_SIZE);
	CHECK_EQ(target_read(at(PAGE_SIZE - 10), buf, 64), 10);
	CHECK(memcmp(buf, "aaaaaaaaaa", 10) == 0);
	CHECK_EQ(target_read(at(PAGE_SIZE), buf, 1), 0);
	CHECK_EQ(target_read(8, buf, 8), 0);
	CHECK_EQ(target_read(UINT64_MAX - 3, buf, 0), 0);
	CHECK_EQ(target_write(at(PAGE_SIZE - 2), "xyz", 3), 2);
	CHECK(memcmp(pages + PAGE_SIZE - 2, "xy", 2) == 0);
}

TEST(breakpoints_lie_in_memory_while_the_system_runs)
{
	begin();
	pages[100] = 0x55;
	CHECK_EQ(target_point_set(TARGET_SOFT_BREAK, at(100), 1), 0);
	CHECK_EQ(target_point_set(TARGET_SOFT_BREAK, at(100), 1), 0);
	CHECK_EQ(pages[100], 0x55);
	points_plant();
	CHECK_EQ((uint8_t)pages[100], BREAKPOINT_OPCODE);
	points_lift();
	CHECK_EQ(pages[100], 0x55);
	CHECK(points_soft_at(at(100)));
	points_plant();
	points_lift();
	CHECK_EQ(target_point_clear(TARGET_SOFT_BREAK, at(100), 1), 0);
	CHECK_EQ(target_point_clear(TARGET_SOFT_BREAK, at(100), 1), -ENOENT);
	points_plant();
	CHECK_EQ(pages[100], 0x55);
	CHECK_EQ(target_point_set(TARGET_SOFT_BREAK, at(PAGE_SIZE), 1), -EFAULT);
	CHECK_EQ(target_point_clear(TARGET_SOFT_BREAK, 0, 1), -ENOENT);
	for (unsigned i = 0; i < TARGET_SOFT_MAX; i++)
		CHECK_EQ(target_point_set(TARGET_SOFT_BREAK, at(i), 1), 0);
	CHECK_EQ(target_point_set(TARGET_SOFT_BREAK, at(TARGET_SOFT_MAX), 1), -ENOSPC);
}

/* SDM volume 3, figure 17-1: the enable bits, and four bits for each point from bit 16 on. */
TEST(the_processor_gets_four)
{
	struct target_point_info hit;

	begin();
	CHECK_EQ(target_point_set(TARGET_HARD_BREAK, at(3), 7), 0);
	CHECK_EQ(target_point_set(TARGET_WATCH_WRITE, at(8), 4), 0);
	CHECK_EQ(target_point_set(TARGET_WATCH_ACCESS, at(16), 8), 0);
	CHECK_EQ(target_point_set(TARGET_WATCH_WRITE, at(9), 4), -EINVAL);
	CHECK_EQ(target_point_set(TARGET_WATCH_WRITE, at(8), 3), -EINVAL);
	CHECK_EQ(target_point_set(TARGET_WATCH_WRITE, at(8), 0), -EINVAL);
	points_load();
	CHECK_EQ(host_dr7, 0x2 | 0x8 | 0x20 | 0xd00000 | 0xb000000);
	CHECK_EQ(host_dr[1], at(8));
	CHECK(points_hit(1 << 1, &hit) && hit.address == at(8) && hit.kind == TARGET_WATCH_WRITE);
	CHECK(!points_hit(1 << 3, &hit) && !points_hit(0, &hit));
	CHECK(points_hard_at(at(3)) && !points_hard_at(at(8)));
	CHECK_EQ(target_point_set(TARGET_WATCH_WRITE, at(24), 1), 0);
	CHECK_EQ(target_point_set(TARGET_WATCH_WRITE, at(32), 1), -ENOSPC);
	CHECK_EQ(target_point_clear(TARGET_WATCH_WRITE, at(8), 4), 0);
	points_load();
	CHECK_EQ(host_dr7 & 0xf0000c, 0);
	CHECK_EQ(target_point_set(TARGET_WATCH_WRITE, at(32), 2), 0);
}

/* --- threads --- */

static struct thread one = { .id = 1, .name = "one" }, two = { .id = 2, .name = "two" };

TEST(a_broken_list_ends)
{
	begin();
	list_push_back(&head, &one.all_node);
	list_push_back(&head, &two.all_node);
	CHECK(target_thread_next(NULL) == &one && target_thread_next(&one) == &two && !target_thread_next(&two));
	CHECK(target_thread(2) == &two && !target_thread(3));
	one.all_node.next = (struct list *)0x9000;
	CHECK(!target_thread_next(&one) && !target_thread(2));
	one.all_node.next = &one.all_node;
	CHECK(!target_thread(2));
}

TEST(a_running_thread_has_its_cpus_registers)
{
	struct trap_frame tf = { .rax = 1, .rip = 0x1234, .rsp = 0x5678, .r15 = 15, .cs = 8 };
	struct target_registers r;
	bool all = false;

	begin();
	cpus[0]->current = &one;
	CHECK(!target_registers(&one, &r, &all));
	stopped_with = &tf;
	CHECK(target_registers(&one, &r, &all) && all);
	CHECK(r.rax == 1 && r.rip == 0x1234 && r.rsp == 0x5678 && r.r15 == 15 && r.cs == 8);
	r.rip = 0x4321;
	CHECK(target_set_registers(&one, &r) && tf.rip == 0x4321);
	CHECK(!target_set_registers(&two, &r));
}

/* control words, r15, r14, r13, r12, rbx, rbp, rip: context_switch.S. */
TEST(a_switched_thread_has_what_a_call_preserves)
{
	uint64_t stack[] = { 0x37f, 15, 14, 13, 12, 3, 0, 0xabc };
	struct target_registers r;
	bool all = true;

	begin();
	two.context.rsp = (uintptr_t)stack;
	CHECK(target_registers(&two, &r, &all) && !all);
	CHECK(r.r15 == 15 && r.r12 == 12 && r.rbx == 3 && r.rip == 0xabc && r.rax == 0);
	CHECK_EQ(r.rsp, (uintptr_t)(stack + 8));
	two.context.rsp = 16;
	CHECK(!target_registers(&two, &r, &all));
}

TEST(a_preempted_thread_has_all)
{
	static struct {
		uint64_t switched[8];
		uint64_t frame[2];      /* of sched_preempt() */
		char fpu[512];
		struct trap_frame tf;
	} stack;
	struct target_registers r;
	bool all = false;

	begin();
	stack.switched[6] = (uintptr_t)stack.frame;
	stack.frame[1] = trap_preempted;
	stack.tf = (struct trap_frame){ .rip = 0x777, .rax = 5 };
	two.context.rsp = (uintptr_t)&stack;
	CHECK(target_registers(&two, &r, &all) && all);
	CHECK(r.rip == 0x777 && r.rax == 5);
}

TEST_MAIN
