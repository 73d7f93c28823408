/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local APIC, reached through memory (xAPIC) or model-specific registers (x2APIC). Source:
 * Intel SDM volume 3, 10.4 to 10.12.
 */
#include "kernel/acpi.h"
#include "kernel/cpu.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/vm.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/io.h"
#include "kernel/x86_64/regs.h"
#include "kernel/x86_64/vectors.h"

/* Offsets in the register page; x2APIC numbers its registers by offset / 16. */
enum {
	REG_ID = 0x20, REG_TPR = 0x80, REG_EOI = 0xb0, REG_SVR = 0xf0,
	REG_ICR = 0x300, REG_ICR_DESTINATION = 0x310,
	REG_LVT_TIMER = 0x320, REG_LVT_LINT0 = 0x350, REG_LVT_LINT1 = 0x360, REG_LVT_ERROR = 0x370,
	REG_TIMER_INITIAL = 0x380, REG_TIMER_CURRENT = 0x390, REG_TIMER_DIVIDE = 0x3e0,
};

enum { APIC_BASE_ENABLE = 1 << 11, APIC_BASE_X2APIC = 1 << 10 };
enum { SVR_ENABLE = 1 << 8, DIVIDE_BY_1 = 0xb };
enum { ICR_NMI = 4 << 8, ICR_INIT = 5 << 8, ICR_STARTUP = 6 << 8, ICR_PENDING = 1 << 12, ICR_ASSERT = 1 << 14 };
enum { LVT_NMI = 4 << 8, LVT_MASKED = 1 << 16, LVT_TSC_DEADLINE = 2 << 17 };

static volatile char *registers; /* NULL: x2APIC */

static uint32_t lapic_read(unsigned reg)
{
	return registers ? mmio_read32(registers + reg) : rdmsr(MSR_X2APIC + reg / 16);
}

static void lapic_write(unsigned reg, uint32_t v)
{
	if (registers)
		mmio_write32(registers + reg, v);
	else
		wrmsr(MSR_X2APIC + reg / 16, v);
}

void lapic_init(void)
{
	if (cpu_features.x2apic)
		return;
	registers = vm_map_device(acpi.lapic_address, 0x400);
	if (!registers)
		panic("lapic: cannot map 0x%llx", (unsigned long long)acpi.lapic_address);
}

/*
 * LINT0 is where 8259s would come in: masked. LINT1 is wired to NMI on every PC, and on every CPU: one
 * takes it, or each would report the machine's one NMI.
 */
void lapic_enable(void)
{
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE | (registers ? 0 : APIC_BASE_X2APIC));
	lapic_write(REG_TPR, 0);
	lapic_write(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	lapic_write(REG_LVT_LINT0, LVT_MASKED);
	lapic_write(REG_LVT_LINT1, this_cpu()->id == 0 ? LVT_NMI : LVT_NMI | LVT_MASKED);
	lapic_write(REG_LVT_ERROR, LVT_MASKED);
	lapic_write(REG_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	this_cpu()->arch.apic_id = lapic_id();
}

void lapic_eoi(void)
{
	lapic_write(REG_EOI, 0);
}

uint32_t lapic_id(void)
{
	return registers ? lapic_read(REG_ID) >> 24 : lapic_read(REG_ID);
}

/*
 * The xAPIC's destination is 8 bits wide, all ones being everybody. An x2APIC's one register is no
 * memory access, so nothing keeps it behind what the receiver is meant to see but a fence (SDM
 * volume 3, 10.12.3).
 */
bool lapic_reaches(uint32_t apic_id)
{
	return !registers || apic_id < 0xff;
}

static void send(uint32_t apic_id, uint32_t command)
{
	if (!registers) {
		__asm__ volatile("mfence; lfence" : : : "memory");
		wrmsr(MSR_X2APIC + REG_ICR / 16, (uint64_t)apic_id << 32 | command);
		return;
	}
	while (lapic_read(REG_ICR) & ICR_PENDING)
		cpu_relax();
	lapic_write(REG_ICR_DESTINATION, apic_id << 24);
	lapic_write(REG_ICR, command);
}

void lapic_send(uint32_t apic_id, unsigned vector)
{
	send(apic_id, ICR_ASSERT | vector);
}

void lapic_send_nmi(uint32_t apic_id)
{
	send(apic_id, ICR_ASSERT | ICR_NMI);
}

void lapic_send_init(uint32_t apic_id)
{
	send(apic_id, ICR_ASSERT | ICR_INIT);
}

void lapic_send_startup(uint32_t apic_id, uint32_t page)
{
	send(apic_id, ICR_ASSERT | ICR_STARTUP | page >> PAGE_SHIFT);
}

void lapic_timer_count_mode(void)
{
	lapic_write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
	lapic_write(REG_LVT_TIMER, VECTOR_TIMER);
}

/*
 * The mode must have reached the APIC before the first deadline is written (SDM volume 3,
 * 10.5.4.1).
 */
void lapic_timer_deadline_mode(void)
{
	lapic_write(REG_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR_TIMER);
	__asm__ volatile("mfence" : : : "memory");
}

void lapic_timer_start(uint32_t count)
{
	lapic_write(REG_TIMER_INITIAL, count);
}

uint32_t lapic_timer_remaining(void)
{
	return lapic_read(REG_TIMER_CURRENT);
}
