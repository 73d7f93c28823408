/* SPDX-License-Identifier: BSD-2-Clause */
/* See transports.h. */
#include "tests/host/model/transports.h"
#include "kernel/acpi.h"
#include "kernel/param.h"
#include "kernel/pci.h"
#include "virtio/virtio_mmio.h"

#include "kernel/heap.h"
#include <sys/mman.h>

#define LINE 10

/*
 * A legacy device is told a page number of 32 bits, which the host's heap is beyond. So what is aligned to pages comes from
 * below; it is never given back.
 */
static bool is_low(const void *p)
{
	return (uintptr_t)p >> 32 == 0;
}

void *kmalloc_aligned(size_t size, size_t align)
{
	void *p = NULL;

	if (align >= 4096) {
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
		return p == MAP_FAILED ? NULL : p;
	}
	return posix_memalign(&p, align < 16 ? 16 : align, size ? size : 1) ? NULL : p;
}

void kfree(void *p)
{
	if (!is_low(p))
		free(p);
}

static const struct model_way ways[] = {
	{ .name = "pci", .vectors = MODEL_VECTORS },
	{ .name = "pci, two vectors", .vectors = 2 },
	{ .name = "pci, one vector", .vectors = 1 },
	{ .name = "pci, INTx" },
	{ .name = "pci, polled", .no_line = true },
	{ .name = "pci, transitional", .vectors = MODEL_VECTORS, .transitional = true },
	{ .name = "pci legacy", .vectors = MODEL_VECTORS, .legacy = true },
	{ .name = "pci legacy, one vector", .vectors = 1, .legacy = true },
	{ .name = "pci legacy, INTx", .legacy = true },
	{ .name = "pci legacy, polled", .legacy = true, .no_line = true },
	{ .name = "mmio", .bus = WAY_MMIO },
	{ .name = "mmio legacy", .bus = WAY_MMIO, .legacy = true },
	{ .name = "mmio, polled", .bus = WAY_MMIO, .no_line = true },
};

const struct model_way *model_way = &ways[0];

static void plug_pci(struct model_virtio *m)
{
	if (model_way->legacy || model_way->transitional)
		model_pci_legacy(m, !model_way->legacy);
	m->nvectors = model_way->vectors < m->nqueues + 1 ? model_way->vectors : m->nqueues + 1;
	model_bus_use_ecam();
	model_pci_plug(m);
	pci_init();
}

void model_plug(struct model_virtio *m)
{
	shim_no_wires = model_way->no_line;
	if (model_way->bus == WAY_MMIO) {
		m->legacy = model_way->legacy;
		model_mmio_plug(m, 0, LINE);
		virtio_mmio_add(MODEL_MMIO_BASE, 0x200, LINE, false);
	} else {
		plug_pci(m);
	}
	model_settle();
}

void model_settle(void)
{
	do
		model_run();
	while (shim_no_wires && model_run_timer() && model_run());
}

void model_in_each_way(void (*run)(void))
{
	for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		int before = test_failures;

		model_way = &ways[i];
		model_in_new_machine(run);
		if (test_failures != before)
			fprintf(stderr, "  (%s)\n", model_way->name);
	}
	model_way = &ways[0];
}
