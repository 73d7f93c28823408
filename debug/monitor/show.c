/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel itself has to show. */
#include "debug/monitor/monitor.h"
#include "kernel/blkdev.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/page.h"
#include "kernel/pci_priv.h"
#include "kernel/timer.h"
#include "kernel/vm.h"
#include "kernel/vm_region.h"
#include "kernel/x86_64/vectors.h"

#define TIMERS_MAX 1000u

/* --- pci --- */

static void print_bars(const struct pci_dev *d)
{
	for (unsigned i = 0; i < pci_bar_count(d); i++)
		if (d->bar[i].size)
			monitor_print("        bar %u %s 0x%lx, 0x%lx bytes%s\n", i, d->bar[i].io ? "ports" : "memory",
				      d->bar[i].address, d->bar[i].size, d->bar[i].prefetchable ? ", prefetchable" : "");
}

static void show_pci(const struct monitor_args *args)
{
	const struct list *n = NULL;
	struct pci_dev d;

	(void)args;
	while (monitor_list_next(&pci_devices, &n)) {
		if (!monitor_copy(&d, container_of(n, struct pci_dev, node), sizeof d))
			return;
		monitor_print(PCI_FMT " %04x:%04x class %06x irq %u pin %u, %s", PCI_ARG(&d), d.vendor, d.device,
			      d.class_code, d.irq_line, d.irq_pin, d.driver ? d.driver->name : "no driver");
		if (d.msix_table)
			monitor_print(", %u messages", d.msix_count);
		if (d.secondary_bus)
			monitor_print(", bridge to bus %u", d.secondary_bus);
		monitor_print("\n");
		print_bars(&d);
	}
}

static const struct monitor_command pci_show = {
	"pci", NULL, "PCI devices with their drivers and addresses", NULL, show_pci,
};
MONITOR_SHOW(pci_show);

/* --- irq --- */

static void print_handlers(unsigned vector)
{
	const char *name;
	int wire = irq_wire(vector);

	for (unsigned i = 0; (name = irq_handler_name(vector, i)); i++) {
		if (wire >= 0)
			monitor_print("vector 0x%02x wire %d: %s\n", vector, wire, name);
		else
			monitor_print("vector 0x%02x message: %s\n", vector, name);
	}
}

static void show_irq(const struct monitor_args *args)
{
	(void)args;
	for (unsigned v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST; v++)
		print_handlers(v);
	for (unsigned i = 0; cpus[i]; i++)
		monitor_print("cpu %u: %lu interrupts, %lu of them the timer's%s\n", i, cpus[i]->interrupts,
			      cpus[i]->arch.event.interrupts, cpus[i]->interrupt_depth ? ", in one now" : "");
}

static const struct monitor_command irq_show = {
	"irq", NULL, "interrupt vectors, who handles them, and how many came", NULL, show_irq,
};
MONITOR_SHOW(irq_show);

/* --- timers --- */

static void print_timer(const struct timer *t, uint64_t now)
{
	int64_t us = (int64_t)(t->deadline_ns - now) / 1000;

	monitor_print("  %s%ld.%03ld ms%s\n", us < 0 ? "overdue by " : "in ", (us < 0 ? -us : us) / 1000,
		      (us < 0 ? -us : us) % 1000, monitor_symbol((uintptr_t)t->fire));
}

/*
 * A heap in which a node's children hang together by next. prev: the one before, or the parent; of the
 * root's it means nothing.
 */
static const struct timer *parent_of(const struct timer *t, const struct timer *root)
{
	struct timer c, p;

	for (unsigned n = 0; n < TIMERS_MAX && t != root; n++) {
		if (!monitor_copy(&c, t, sizeof c) || !monitor_copy(&p, c.prev, sizeof p))
			return NULL;
		if (p.child == t)
			return c.prev;
		t = c.prev;
	}
	return NULL;
}

static const struct timer *next_in_heap(const struct timer *t, const struct timer *root)
{
	struct timer c;

	if (!monitor_copy(&c, t, sizeof c))
		return NULL;
	if (c.child)
		return c.child;
	while (t != root && !c.next)
		if (!(t = parent_of(t, root)) || !monitor_copy(&c, t, sizeof c))
			return NULL;
	return t == root ? NULL : c.next;
}

static void print_timers(const struct cpu *cpu, uint64_t now)
{
	const struct timer *root = timer_first(cpu->timer_queue), *t = root;
	struct timer copy;
	unsigned n = 0;

	monitor_print("cpu %u:%s\n", cpu->id, t ? "" : " none");
	for (; t && n < TIMERS_MAX; t = next_in_heap(t, root), n++)
		if (monitor_copy(&copy, t, sizeof copy))
			print_timer(&copy, now);
}

static void show_timers(const struct monitor_args *args)
{
	(void)args;
	for (unsigned i = 0; cpus[i]; i++)
		if (cpus[i]->timer_queue)
			print_timers(cpus[i], clock_now_ns());
}

static const struct monitor_command timers_show = {
	"timers", NULL, "timers that run, when they fire and what they call", NULL, show_timers,
};
MONITOR_SHOW(timers_show);

/* --- memory --- */

static void show_memory(const struct monitor_args *args)
{
	size_t total = page_count_total(), free = page_count_free();

	(void)args;
	monitor_print("%zu pages (%zu KiB) of RAM to be given out, %zu (%zu KiB) of them free\n", total, total * 4, free,
		      free * 4);
	for (const struct vm_region *r = region_from(0); r; r = region_next(r))
		monitor_print("0x%012lx-0x%012lx %8lu KiB %c%c%c%s\n", r->start, r->end, (r->end - r->start) / 1024,
			      r->prot & VM_READ ? 'r' : '-', r->prot & VM_WRITE ? 'w' : '-',
			      r->prot & VM_EXEC ? 'x' : '-', r->flags & REGION_HEAP ? " heap" : "");
}

static const struct monitor_command memory_show = {
	"memory", NULL, "pages in use and free, and the program's regions", NULL, show_memory,
};
MONITOR_SHOW(memory_show);

/* --- log, disks --- */

static void print_log(const char *text, unsigned len)
{
	monitor_print("%.*s", (int)len, text);
}

static void show_log(const struct monitor_args *args)
{
	(void)args;
	log_replay(print_log);
}

static const struct monitor_command log_show = {
	"log", NULL, "the kernel's log, what loglevel= kept from the consoles too", NULL, show_log,
};
MONITOR_SHOW(log_show);

static void show_disks(const struct monitor_args *args)
{
	const struct list *n = NULL;
	struct blkdev d;

	(void)args;
	while (monitor_list_next(blkdev_list(), &n))
		if (monitor_copy(&d, container_of(n, struct blkdev, node), sizeof d))
			monitor_print("%.15s %lu sectors%s, %lu reads (%lu sectors), %lu writes (%lu), %lu flushes\n",
				      d.name, d.sectors, d.read_only ? ", read-only" : "", d.requests[BLK_READ],
				      d.sectors_moved[BLK_READ], d.requests[BLK_WRITE], d.sectors_moved[BLK_WRITE],
				      d.requests[BLK_FLUSH]);
}

static const struct monitor_command disks_show = {
	"disks", NULL, "block devices and what they were given to do", NULL, show_disks,
};
MONITOR_SHOW(disks_show);
