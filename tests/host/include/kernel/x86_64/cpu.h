/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host stand-in for the processor: one CPU, whose interrupt flag is a variable. Test code sees
 * every moment at which interrupts open.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CPU_FLAG_IF (1ul << 9)

struct cpu;
struct thread;

struct cpu_arch {
	uint32_t apic_id;
	struct {
		uint64_t at_ns;
		uint32_t count;
		bool spent;
		uint64_t interrupts;
	} event;
};

extern struct cpu shim_cpu;
extern unsigned long shim_flags;            /* CPU_FLAG_IF or 0 */
extern void (*shim_on_irq_enable)(void);    /* whenever interrupts become possible; NULL: nothing */
extern void (*shim_on_halt)(void);          /* NULL: the fake clock jumps to the next event */

struct thread *cpu_current_thread(void);
bool cpu_preempt_pending(void);

static inline struct cpu *this_cpu(void) { return &shim_cpu; }
static inline void cpu_device_barrier(void) { __sync_synchronize(); }
static inline void cpu_relax(void) { }
static inline void cpu_touch_stack(unsigned bytes) { (void)bytes; }
static inline void cpu_irq_disable(void) { shim_flags = 0; }

static inline void cpu_irq_enable(void)
{
	shim_flags = CPU_FLAG_IF;
	if (shim_on_irq_enable)
		shim_on_irq_enable();
}

static inline unsigned long cpu_irq_save(void)
{
	unsigned long flags = shim_flags;

	shim_flags = 0;
	return flags;
}

static inline void cpu_irq_restore(unsigned long flags)
{
	if (flags & CPU_FLAG_IF)
		cpu_irq_enable();
}

static inline uint64_t cpu_tsc(void)
{
	static uint64_t ticks;

	return ticks += 1000;
}
