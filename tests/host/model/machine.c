/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine.h. Stands in for the work thread and the timers as well: both run when the test says so. */
#include "tests/host/model/machine.h"
#include "tests/host/model/work.h"
#include "kernel/iommu.h"
#include "kernel/timer.h"
#include "tests/host/model/rule.h"
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

bool model_refusals_expected;
unsigned model_refusals;

static struct model_actor *actors;
static struct timer *timers[9]; /* the last stays NULL */

void model_refuse(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	model_refusals++;
	if (!model_refusals_expected)
		test_fail("model", 0, text);
}

void model_add_actor(struct model_actor *actor)
{
	actor->next = actors;
	actors = actor;
}

bool model_iommu;

bool iommu_translates(void)
{
	return model_iommu;
}

void timer_start(struct timer *t, uint64_t deadline_ns)
{
	unsigned i = 0;

	while (timers[i] && timers[i] != t)
		i++;
	timers[i] = t;
	t->deadline_ns = deadline_ns;
}

static void forget(unsigned index)
{
	for (; timers[index]; index++)
		timers[index] = timers[index + 1];
}

bool timer_stop(struct timer *t)
{
	for (unsigned i = 0; timers[i]; i++)
		if (timers[i] == t) {
			forget(i);
			return true;
		}
	return false;
}

bool model_run(void)
{
	bool any = false, moved;

	do {
		moved = model_work_run();
		for (struct model_actor *a = actors; a; a = a->next)
			moved |= a->step(a);
		any |= moved;
	} while (moved);
	return any;
}

static void fire(unsigned index)
{
	struct timer *t = timers[index];

	forget(index);
	if (shim_now_ns < t->deadline_ns)
		shim_now_ns = t->deadline_ns;
	t->fire(t);
}

bool model_run_timer(void)
{
	unsigned soonest = 0;

	if (!timers[0])
		return false;
	for (unsigned i = 1; timers[i]; i++)
		if (timers[i]->deadline_ns < timers[soonest]->deadline_ns)
			soonest = i;
	fire(soonest);
	model_run();
	return true;
}

/* What a sleeping thread would see happen: devices and work first, then time passes. */
static bool idle(void)
{
	return model_run() || model_run_timer();
}

void model_power_on(void)
{
	shim_idle = idle;
}

void model_in_new_machine(void (*run)(void))
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		model_power_on();
		run();
		model_rule_write();
		fflush(NULL);
		_exit(test_failures ? 1 : 0);
	}
	waitpid(child, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		test_fail("model", 0, "the machine crashed");
	else if (WEXITSTATUS(status))
		test_failures++;
}
