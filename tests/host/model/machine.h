/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine around a model device: who watches, what time it is, and what runs when the code under test is not looking.
 *
 * The model is strict: whatever a driver must not do is noted with model_refuse() and fails the test. It is hostile on request: struct model_faults and its
 * like make a device break the rules; the code under test has to survive that, still without breaking any itself.
 */
#pragma once

#include "tests/host/shim.h"
#include "tests/host/test.h"
#include <stdbool.h>
#include <stdint.h>

/* Notes that a rule was broken: with the requirement's id where there is one ("INIT-01: ..."). */
void model_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For tests of the model itself: refusals are counted and not reported. */
extern bool model_refusals_expected;
extern unsigned model_refusals;

/* Runs the devices, due timers and submitted work until nothing moves any more. True: something did. */
bool model_run(void);

/* Lets time pass to the next timer and runs. False: no timer is set. */
bool model_run_timer(void);

/* An IOMMU that is on: what a device accesses is not where the driver put it. */
extern bool model_iommu;

/* Something that model_run() runs: a device. step: true when it did something. */
struct model_actor {
	bool (*step)(struct model_actor *);
	struct model_actor *next;
};
void model_add_actor(struct model_actor *);

/* From here on whoever waits lets the devices work. For those who have no MACHINE_TEST. */
void model_power_on(void);

/* A test with a machine of its own: it runs in a child process and is thrown away whole, as by power-off. */
#define MACHINE_TEST(id)							\
	static void machine_##id(void);						\
	TEST(id) { model_in_new_machine(machine_##id); }			\
	static void machine_##id(void)
void model_in_new_machine(void (*run)(void));
