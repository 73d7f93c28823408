/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways out of the monitor. */
#include "debug/monitor/monitor.h"
#include "kernel/power.h"

static void leave(enum target_resume how)
{
	if (monitor.fixed) {
		monitor_print("gdb leads; use its own commands for that\n");
		return;
	}
	if (monitor.stop->cause == DEBUGGER_PANIC)
		monitor_print("nothing can go on after a panic; this ends the machine\n");
	monitor.how = how;
	monitor.leave = true;
}

static void go_on(const struct monitor_args *args)
{
	(void)args;
	leave(TARGET_CONTINUE);
}

static const struct monitor_command continue_command = {
	"continue", NULL, "lets the system go on", NULL, go_on,
};
MONITOR_COMMAND(continue_command);

static void step(const struct monitor_args *args)
{
	uint64_t n = 1;

	if (args->n && !monitor_value(args->word[0], &n))
		return;
	if (monitor.stop->cause == DEBUGGER_PANIC) {
		monitor_print("nothing can go on after a panic\n");
		return;
	}
	if (n == 0)
		return;
	leave(TARGET_STEP);
	if (monitor.leave)
		monitor.steps = (unsigned)n - 1;
}

static const struct monitor_command step_command = {
	"step", "[N]", "one instruction, or N, of this CPU while the others stand still; Return: again", "step 10", step,
};
MONITOR_COMMAND(step_command);

static void panic_now(const struct monitor_args *args)
{
	(void)args;
	leave(monitor.stop->cause == DEBUGGER_PANIC ? TARGET_CONTINUE : TARGET_PANIC);
}

static const struct monitor_command panic_command = {
	"panic", NULL, "ends the machine as a panic does: with a report, and what panic= says", NULL, panic_now,
};
MONITOR_COMMAND(panic_command);

static void reboot(const struct monitor_args *args)
{
	(void)args;
	power_reboot();
}

static const struct monitor_command reboot_command = {
	"reboot", NULL, "starts the machine anew, at once", NULL, reboot,
};
MONITOR_COMMAND(reboot_command);

static void power(const struct monitor_args *args)
{
	uint64_t status = 0;

	if (!args->n || monitor_value(args->word[0], &status))
		power_off((int)status);
}

static const struct monitor_command poweroff_command = {
	"poweroff", "[STATUS]", "switches the machine off, with an exit status", "poweroff 1", power,
};
MONITOR_COMMAND(poweroff_command);

static void lines(const struct monitor_args *args)
{
	uint64_t n;

	if (monitor_value(args->word[0], &n))
		monitor_lines = (unsigned)n;
}

static const struct monitor_command lines_command = {
	"lines", "N", "how many lines an answer has before it waits for a key; 0: never waits", "lines 0", lines,
};
MONITOR_COMMAND(lines_command);
