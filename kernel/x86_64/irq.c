/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors and their handlers (kernel/irq.h). All device interrupts go to the boot CPU, which walks
 * a vector's list without a lock: adding publishes a complete entry, and who removes one waits
 * until that vector's handlers do not run.
 */
#include "kernel/irq.h"
#include "kernel/acpi.h"
#include "kernel/cold.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/io.h"
#include "kernel/x86_64/smp.h"
#include "kernel/x86_64/vectors.h"
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#define GSI_COUNT   256
#define MSI_ADDRESS 0xfee00000 /* Intel SDM volume 3, 10.11.1 */

struct action {
	irq_handler handler;
	void *arg;
	const char *name;
	struct action *_Atomic next;
};

static struct action *_Atomic actions[VECTOR_COUNT];
static uint8_t vector_of_gsi[GSI_COUNT]; /* 0: not connected */
static struct spinlock lock = SPINLOCK_INIT;
static uint32_t boot_apic_id;
static atomic_uint running; /* the vector whose handlers the boot CPU runs; 0: none */
static bool stray_reported;

static struct action *action_new(irq_handler handler, void *arg, const char *name)
{
	struct action *a = kmalloc(sizeof *a);

	if (a)
		*a = (struct action){ .handler = handler, .arg = arg, .name = name };
	return a;
}

static int take_vector(struct action *a)
{
	for (int v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST; v++) {
		if (actions[v] || irq_wire((unsigned)v) >= 0)
			continue;
		actions[v] = a;
		return v;
	}
	return -ENOSPC;
}

int irq_alloc(irq_handler handler, void *arg, const char *name)
{
	struct action *a = action_new(handler, arg, name);
	irq_state s;
	int vector;

	if (!a)
		return -ENOMEM;
	s = spin_lock(&lock);
	vector = take_vector(a);
	spin_unlock(&lock, s);
	if (vector < 0)
		kfree(a);
	return vector;
}

/* Either this sees them run, or they do not see the handler any more. */
static void wait_for_handlers(unsigned vector)
{
	irq_state s = cpu_irq_save();

	while (this_cpu()->id != 0 && atomic_load(&running) == vector)
		cpu_spin();
	irq_restore(s);
}

void irq_free(int vector)
{
	irq_state s = spin_lock(&lock);
	struct action *a = actions[vector];

	actions[vector] = NULL;
	spin_unlock(&lock, s);
	wait_for_handlers((unsigned)vector);
	kfree(a);
}

struct msi_message irq_msi_message(int vector)
{
	return (struct msi_message){ .address = MSI_ADDRESS | (uint64_t)boot_apic_id << 12, .data = vector };
}

static void append(struct action *_Atomic *list, struct action *a)
{
	while (*list)
		list = &(*list)->next;
	*list = a;
}

static int connect(unsigned gsi, bool level, bool active_low, struct action *a)
{
	int vector = vector_of_gsi[gsi];

	if (vector) {
		append(&actions[vector], a);
		return 0;
	}
	vector = take_vector(a);
	if (vector < 0)
		return vector;
	vector_of_gsi[gsi] = vector;
	ioapic_route(gsi, vector, boot_apic_id, level, active_low);
	return 0;
}

static int connect_wire(unsigned gsi, bool level, bool active_low,
			irq_handler handler, void *arg, const char *name)
{
	struct action *a;
	irq_state s;
	int error;

	if (gsi >= GSI_COUNT || !ioapic_has(gsi))
		return -ENODEV;
	a = action_new(handler, arg, name);
	if (!a)
		return -ENOMEM;
	s = spin_lock(&lock);
	error = connect(gsi, level, active_low, a);
	spin_unlock(&lock, s);
	if (error)
		kfree(a);
	return error;
}

int irq_connect_isa(unsigned isa, irq_handler handler, void *arg, const char *name)
{
	if (isa >= 16)
		return -EINVAL;
	return connect_wire(acpi.isa_irq[isa].gsi, acpi.isa_irq[isa].level, acpi.isa_irq[isa].active_low,
			    handler, arg, name);
}

int irq_connect_gsi(unsigned gsi, bool active_low, irq_handler handler, void *arg, const char *name)
{
	return connect_wire(gsi, true, active_low, handler, arg, name);
}

static struct action *unlink_action(struct action *_Atomic *at, irq_handler handler, void *arg)
{
	struct action *a;

	while ((a = *at) != NULL && (a->handler != handler || a->arg != arg))
		at = &a->next;
	if (a)
		*at = a->next;
	return a;
}

/* The wire keeps its vector, even if nobody is left on it. */
COLD void irq_disconnect(irq_handler handler, void *arg)
{
	irq_state s = spin_lock(&lock);
	unsigned vector = VECTOR_DEVICE_FIRST;
	struct action *a;

	while (!(a = unlink_action(&actions[vector], handler, arg)) && vector < VECTOR_DEVICE_LAST)
		vector++;
	spin_unlock(&lock, s);
	wait_for_handlers(vector);
	kfree(a);
}

static void run_actions(unsigned vector)
{
	const struct action *a;

	running = vector;
	a = actions[vector];
	if (!a && !stray_reported) {
		stray_reported = true;
		log_warn("irq: vector 0x%x has no handler; further ones are not reported", vector);
	}
	for (; a; a = a->next)
		a->handler(a->arg);
	running = 0;
}

/*
 * A level-triggered wire must be quiet before the end of interrupt, or it comes again at once:
 * handlers first.
 */
void interrupt_dispatch(unsigned vector)
{
	switch (vector) {
	case VECTOR_SPURIOUS: /* not in service: no end of interrupt (SDM volume 3, 10.9) */
		return;
	case VECTOR_TIMER:
		clock_event_interrupt();
		break;
	case VECTOR_RESCHEDULE:
		sched_interrupt();
		break;
	case VECTOR_TLB:
		tlb_answer(this_cpu());
		break;
	default:
		run_actions(vector);
	}
	lapic_eoi();
}

/*
 * The 8259 pair of a PC: silenced, since the I/O APIC sees the same wires. Where there is none,
 * nobody hears.
 */
static void mask_8259(void)
{
	outb(0xa1, 0xff);
	outb(0x21, 0xff);
}

void interrupts_init(void)
{
	mask_8259();
	lapic_init();
	lapic_enable();
	ioapic_init();
	boot_apic_id = this_cpu()->arch.apic_id;
	if (acpi.ncpus > 1)
		cpus_starting(true);
}

const char *irq_handler_name(unsigned vector, unsigned n)
{
	const struct action *a = vector < VECTOR_COUNT ? actions[vector] : NULL;

	for (; a && n > 0; n--)
		a = a->next;
	return a ? a->name : NULL;
}

int irq_wire(unsigned vector)
{
	for (int gsi = 0; gsi < GSI_COUNT; gsi++)
		if (vector && vector_of_gsi[gsi] == vector)
			return gsi;
	return -1;
}
