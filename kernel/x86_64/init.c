/* SPDX-License-Identifier: BSD-2-Clause */
/* The processor's own start, before anything that could fault. */
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/segments.h"

void arch_init(void)
{
	segments_load_boot();
	idt_init();
	idt_load();
	features_detect();
	features_enable();
}
