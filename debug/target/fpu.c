/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The FPU's registers. A CPU that stands still keeps those of what it ran in memory, and takes them back as
 * it goes on; an interrupt that preempted a thread left them on that thread's stack.
 */
#include "debug/target/enter.h"
#include "debug/target/target.h"
#include "kernel/cpu.h"
#include "kernel/thread.h"
#include "kernel/x86_64/debugger/hardware.h"
#include <assert.h>

#define MXCSR_MASK_DEFAULT 0xffbfu /* where a CPU does not tell (SDM volume 1, 11.6.6) */

static_assert(offsetof(struct target_fpu, xmm) == 160 && offsetof(struct target_fpu, parts) == 512 &&
	      offsetof(struct target_fpu, ymm_high) == 576, "XSAVE's standard form");

static struct target_fpu *kept[CPU_MAX];

void fpu_keep(struct target_fpu *area)
{
	fpu_parts_save(area, sizeof(*area));
	kept[this_cpu()->id] = area;
}

void fpu_take_back(const struct target_fpu *area)
{
	kept[this_cpu()->id] = NULL;
	fpu_parts_restore(area);
}

bool target_has_ymm(void)
{
	return fpu_parts() & FPU_PART_AVX;
}

static bool read_modes(const struct thread *t, struct target_fpu *f)
{
	struct { uint32_t mxcsr; uint16_t control; } words; /* context_switch.S */

	if (target_read(t->context.rsp, &words, sizeof(words)) != sizeof(words))
		return false;
	f->mxcsr = words.mxcsr;
	f->control = words.control;
	return true;
}

enum target_known target_fpu(const struct thread *t, struct target_fpu *f)
{
	const struct cpu *cpu = target_cpu_of(t);
	uint64_t at = cpu ? (uintptr_t)kept[cpu->id] : preempted_at(t);
	size_t len = target_has_ymm() ? sizeof(*f) : offsetof(struct target_fpu, parts);

	memset(f, 0, sizeof(*f));
	if (at)
		return target_read(at, f, len) == len ? TARGET_ALL : TARGET_NOTHING;
	return !cpu && read_modes(t, f) ? TARGET_MODES : TARGET_NOTHING;
}

bool target_set_fpu(const struct thread *t, const struct target_fpu *f)
{
	const struct cpu *cpu = target_cpu_of(t);
	struct target_fpu *area = cpu ? kept[cpu->id] : NULL;

	if (!area || f->mxcsr & ~(area->mxcsr_mask ? area->mxcsr_mask : MXCSR_MASK_DEFAULT))
		return false;
	*area = *f;
	area->parts = fpu_parts();
	return true;
}
