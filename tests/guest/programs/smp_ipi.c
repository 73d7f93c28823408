/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts between CPUs in number: everybody kicks everybody, and shoots down everybody's
 * translations, with and without a spinlock held that others wait for; and a page that is taken
 * away is gone on every CPU.
 */
#include "smp.h"
#include "kernel/page.h"
#include "kernel/spinlock.h"
#include "kernel/vm.h"
#include "kernel/x86_64/page_table.h"
#include "kernel/x86_64/tlb.h"

#define KICKS   2000
#define FLUSHES (400 / ncpus)

static struct spinlock contended = SPINLOCK_INIT;
static unsigned guarded;

static void kick_all(void)
{
	irq_state s = cpu_irq_save();

	for (unsigned i = 0; i < ncpus; i++)
		cpu_kick(cpus[i]); /* itself, too */
	irq_restore(s);
}

static void storm(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < KICKS / ncpus; i++)
		kick_all();
}

static void flush(void *arg)
{
	for (unsigned i = 0; i < FLUSHES; i++) {
		irq_state s = spin_lock(&contended);

		guarded++;
		if (i % 2)
			tlb_flush_range((uintptr_t)&guarded, 1); /* the others may be waiting for the lock */
		spin_unlock(&contended, s);
		if (i % 3 == 0)
			tlb_flush_range(0x200000, (uintptr_t)arg << 12); /* from a page to all */
		else if (i % 3 == 1)
			tlb_flush_later();
		else
			thread_yield();
	}
}

static void on_all(const char *name, void (*entry)(void *))
{
	struct thread *t[CPU_MAX];

	for (unsigned i = 0; i < ncpus; i++)
		t[i] = start(name, PRIO_APP, only(i), entry, i * 20);
	for (unsigned i = 0; i < ncpus; i++)
		thread_join(t[i]);
}

/* --- translations --- */

#define WINDOW (VM_AREA_END - PAGE_SIZE) /* of the app's, where nothing else ever is */
#define REMAPS 200

static uint64_t *pages[2];
static atomic_uint shown;         /* which page the window shows, plus generations of two */
static atomic_uint agreed[CPU_MAX];

static void show(unsigned n)
{
	uint64_t former;

	CHECK_EQ(page_table_set(WINDOW, (uintptr_t)pages[n % 2] | PAGE_DATA, &former), 0);
	tlb_flush_range(WINDOW, PAGE_SIZE);
}

/* Every CPU has looked through the window before and must see the new page after. */
static void look(void *arg)
{
	const volatile uint64_t *window = (const volatile uint64_t *)WINDOW;
	unsigned me = (unsigned)(uintptr_t)arg / 20;

	for (unsigned n = 0; n < REMAPS;) {
		unsigned now = atomic_load(&shown);

		(void)*window; /* into the TLB */
		if (now == n) {
			thread_yield();
			continue;
		}
		CHECK_EQ(*window, now % 2);
		atomic_store(&agreed[me], now);
		n = now;
	}
}

static bool all_agree(unsigned n)
{
	for (unsigned i = 0; i < ncpus; i++)
		if (atomic_load(&agreed[i]) != n)
			return false;
	return true;
}

static void remap(void *unused)
{
	(void)unused;
	for (unsigned n = 1; n <= REMAPS; n++) {
		show(n);
		atomic_store(&shown, n);
		while (!all_agree(n))
			thread_yield();
	}
}

static void check_translations(void)
{
	struct thread *t;

	for (unsigned i = 0; i < 2; i++) {
		pages[i] = page_alloc(1);
		CHECK(pages[i]);
		*pages[i] = i;
	}
	show(0);
	t = start("remap", PRIO_APP, ANYWHERE, remap, 0);
	on_all("look", look);
	thread_join(t);
}

int main(int argc, char **argv)
{
	count_cpus(argc, argv);
	on_all("storm", storm);
	on_all("flush", flush);
	CHECK_EQ(guarded, FLUSHES * ncpus);
	check_translations();
	return verdict();
}
