/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways a model device can be connected, so that a driver's tests run over each of them. */
#pragma once

#include "tests/host/model/virtio_model.h"

struct model_way {
	const char *name;
	enum { WAY_PCI, WAY_MMIO } bus;
	bool legacy, transitional;    /* which interface is used, and whether the other one is there too */
	unsigned vectors;             /* MSI-X entries; at most one for each queue and one more are there */
	bool no_line;                 /* INTx leads nowhere */
};

/* The way of the test that runs; a MACHINE_TEST's is PCI, modern, with a vector for each queue. */
extern const struct model_way *model_way;

/* Connects the device that way and has the kernel find it. */
void model_plug(struct model_virtio *);

/* Lets devices and, where nothing interrupts, timers work until nothing moves. */
void model_settle(void);

#define TRANSPORT_TEST(id)						\
	static void machine_##id(void);					\
	TEST(id) { model_in_each_way(machine_##id); }			\
	static void machine_##id(void)
void model_in_each_way(void (*run)(void));
