/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine, its memory and its CPUs; and what the system is called. */
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/page.h"
#include "kernel/sysctl.h"
#include "kernel/thread.h"
#include "kernel/x86_64/clock.h"

/* All of them, though they may still be starting; unless nothing starts any more. */
static uint32_t cpus_running(const struct sysctl_walk *w)
{
	return w->frozen ? (uint32_t)__builtin_popcountll(cpus_online) : cpu_count();
}

static void hardware(struct sysctl_walk *w)
{
	sysctl_text(w, "amd64", "processor architecture", "hw.machine");
	sysctl_int(w, cpus_running(w), "CPUs that run threads", "hw.ncpu");
	sysctl_int(w, PAGE_SIZE, "bytes of a page", "hw.pagesize");
	sysctl_gauge(w, page_count_total() * PAGE_SIZE, "bytes of memory", "hw.physmem");
	sysctl_gauge(w, clock_tsc_hz(), "ticks of the TSC in a second; 0: not measured yet", "machdep.tsc_freq");
}
SYSCTL_SOURCE(hardware);

static void kernel(struct sysctl_walk *w)
{
	sysctl_text(w, "Thimble", "name of the system", "kern.ostype");
	sysctl_text(w, clock_source(), "what the clock counts", "kern.timecounter.hardware");
	sysctl_gauge(w, clock_now_ns(), "nanoseconds since the boot", "kern.uptime_ns");
	sysctl_int(w, cpus_running(w), "CPUs that run threads", "kern.smp.cpus");
}
SYSCTL_SOURCE(kernel);

static void memory(struct sysctl_walk *w)
{
	sysctl_int(w, (uint32_t)page_count_total(), "pages of memory", "vm.stats.vm.v_page_count");
	sysctl_int(w, (uint32_t)page_count_free(), "pages that nobody has or was promised",
		   "vm.stats.vm.v_free_count");
	sysctl_int(w, PAGE_SIZE, "bytes of a page", "vm.stats.vm.v_page_size");
}
SYSCTL_SOURCE(memory);

static void events(struct sysctl_walk *w)
{
	uint64_t interrupts = 0, switches = 0;

	for (struct cpu **c = cpus; *c; c++) {
		sysctl_counter(w, (*c)->interrupts, "interrupts", "dev.cpu.%u.interrupts", (*c)->id);
		sysctl_counter(w, (*c)->switches, "switches of threads", "dev.cpu.%u.switches", (*c)->id);
		interrupts += (*c)->interrupts;
		switches += (*c)->switches;
	}
	sysctl_counter(w, interrupts, "interrupts of all CPUs", "vm.stats.sys.v_intr");
	sysctl_counter(w, switches, "switches of threads on all CPUs", "vm.stats.sys.v_swtch");
}
SYSCTL_SOURCE(events);
