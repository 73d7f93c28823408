/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gdb stub: parameter gdb=PORT, and the conversation while the system is stopped. gdb=ttyS1,wait
 * stops it before main() until gdb is there.
 *
 * Whatever arrives while the system runs stops it: Ctrl-C, or the first packet of a gdb that
 * attaches. From then on every stop is gdb's, until it detaches.
 */
#include "debug/gdb/gdb.h"
#include "debug/line/line.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "kernel/power.h"
#include "kernel/x86_64/cpu.h"
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#define KILLED 137 /* what a shell says of a process that was */

static const char *parameter;
PARAM_STRING("gdb", parameter);

static void arrived(struct port *, void *);
static struct line line = { .parameter = "gdb", .arrived = arrived };

static bool attached;
static bool resumed;             /* gdb waits to hear of the next stop */
static atomic_bool knocked;      /* something arrived */
static bool waiting;             /* for gdb, before main() */

const struct target_stop *gdb_stop;
unsigned gdb_selected;

static struct packet packet;

static const struct command {
	char letter;
	void (*run)(const char *arguments);
} commands[] = {
	{ 'g', gdb_registers_read }, { 'G', gdb_registers_write },
	{ 'p', gdb_register_read }, { 'P', gdb_register_write },
	{ 'm', gdb_memory_read }, { 'M', gdb_memory_write },
	{ 'Z', gdb_point_set }, { 'z', gdb_point_clear },
	{ 'H', gdb_thread_select }, { 'T', gdb_thread_alive },
	{ 'q', gdb_query }, { 'Q', gdb_set },
};

static void run_command(char letter, const char *arguments)
{
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].letter == letter)
			commands[i].run(arguments);
}

/* A gdb that asks this has just begun, whatever became of the one before. */
static void attach(void)
{
	if (!attached || resumed)
		gdb_points_forget();
	attached = true;
	resumed = false;
	waiting = false;
}

static enum gdb_next dispatch(const char *at, size_t len)
{
	char letter = *at++;

	switch (letter) {
	case '?':
		attach();
		gdb_stop_reply();
		return GDB_TALK;
	case 'c': case 's': case 'C': case 'S':
		return gdb_resume(letter, at);
	case 'v':
		return gdb_verbose(at);
	case 'X':
		gdb_memory_write_binary(at, len - 1);
		return GDB_TALK;
	case 'D':
		gdb_reply_ok();
		return GDB_DETACH;
	case 'k':
		return GDB_KILL;
	default:
		run_command(letter, at);
		return GDB_TALK;
	}
}

static void answer(void *next)
{
	*(enum gdb_next *)next = dispatch(packet.data, packet.len);
}

/* An empty answer says that the command is not known. A broken system may have more than one fault. */
static enum gdb_next run_packet(void)
{
	enum gdb_next next = GDB_TALK;

	gdb_reply_begin();
	if (!target_try(answer, &next)) {
		gdb_reply_begin();
		gdb_reply_error();
	}
	if (next == GDB_TALK || !gdb_reply_empty())
		gdb_reply_send();
	return next;
}

static enum gdb_next next_packet(enum packet_kind kind)
{
	switch (kind) {
	case PACKET_DATA:
		return run_packet();
	case PACKET_TOO_LONG:
		gdb_reply_begin();
		gdb_reply_error();
		gdb_reply_send();
		return GDB_TALK;
	case PACKET_CLOSED:
		if (!waiting)
			return GDB_DETACH;
		gdb_packet_open(line.port);
		return GDB_TALK;
	case PACKET_GONE:
		return GDB_DETACH;
	default:
		return GDB_TALK;
	}
}

static enum gdb_next talk(void)
{
	for (;;) {
		enum packet_kind kind = gdb_packet_next(&packet);
		enum gdb_next next = next_packet(kind);

		if (next != GDB_TALK)
			return next;
		if (kind == PACKET_NOTHING || kind == PACKET_CLOSED)
			cpu_relax();
	}
}

/* The answer to what gdb asked when it let the system go on. */
static void send_stop(void)
{
	gdb_reply_begin();
	gdb_stop_reply();
	gdb_reply_send();
	resumed = false;
}

/*
 * Whether this stop is gdb's. If something arrived, that is its Ctrl-C, or a gdb that attaches,
 * perhaps in place of one that has vanished; anything else on the line is noise.
 */
static bool is_ours(bool knock)
{
	int first;

	if (!attached)
		gdb_packet_open(line.port);
	first = knock ? gdb_packet_peek() : -1;
	if (waiting || (attached && (!knock || first == PACKET_CTRL_C)))
		return true;
	if (first < 0)
		return false;
	gdb_packet_open(line.port);
	attached = false;
	return gdb_packet_begins();
}

static void leave(enum gdb_next next)
{
	resumed = true;
	if (next == GDB_KILL)
		power_off(KILLED);
	if (next != GDB_DETACH)
		return;
	gdb_points_forget();
	attached = waiting = resumed = false;
}

/* A Ctrl-C ends a range that never would, as it runs with interrupts off. */
static bool steps_on(const struct target_stop *s)
{
	return attached && gdb_steps_on(s) && gdb_packet_peek() != PACKET_CTRL_C;
}

static int stopped(const struct target_stop *s, enum target_resume *how)
{
	bool knock = atomic_exchange(&knocked, false) && s->cause == DEBUGGER_BREAK;
	enum gdb_next next;

	if (!line.port)
		return -ENOENT;
	gdb_stop = s;
	gdb_selected = GDB_ALL;
	*how = TARGET_STEP;
	if (steps_on(s))
		return 0;
	*how = TARGET_CONTINUE;
	if (!is_ours(knock))
		return knock ? 0 : -ENOENT;
	if (attached && resumed)
		send_stop();
	next = talk();
	leave(next);
	if (next == GDB_STEP)
		*how = TARGET_STEP;
	return 0;
}

static const struct target_front front = { .name = "gdb", .rank = 10, .stopped = stopped };
TARGET_FRONT(front);

/* In the port's interrupt: what it is that arrived is looked at with the system stopped. */
static void arrived(struct port *p, void *arg)
{
	(void)p, (void)arg;
	knocked = true;
	debugger_break();
}

static void wait_for_gdb(void)
{
	if (!debugger_line_open(&line))
		return;
	log_warn("gdb=%s: main() waits for gdb", line.name);
	waiting = true;
	kdb_enter("gdb= says to wait");
}

/* Runs in main()'s thread, before the app's own constructors. */
void gdb_start(void)
{
	static char name[80];
	const char *option;
	size_t len;

	if (!parameter)
		return;
	len = strcspn(parameter, ",");
	option = parameter + len + (parameter[len] != '\0');
	if (len == 0 || len >= sizeof(name) || (*option && strcmp(option, "wait") != 0)) {
		log_warn("gdb=%s: not PORT or PORT,wait (for example gdb=ttyS1)", parameter);
		return;
	}
	line.name = memcpy(name, parameter, len);
	if (*option)
		wait_for_gdb();
	else
		debugger_line_open_later(&line);
}
