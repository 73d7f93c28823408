/* SPDX-License-Identifier: BSD-2-Clause */
/* The system's threads as gdb's (appendices E.4, E.8): those on CPUs and those asleep alike. */
#include "debug/gdb/gdb.h"
#include "kernel/cpu.h"
#include "kernel/thread.h"

unsigned gdb_current(void)
{
	return gdb_stop->thread ? gdb_stop->thread->id : 0;
}

struct thread *gdb_thread(unsigned id)
{
	return id == GDB_ALL || id == gdb_current() ? gdb_stop->thread : target_thread(id);
}

/* Tid: is it alive? */
void gdb_thread_alive(const char *at)
{
	unsigned id;

	if (gdb_scan_thread(&at, &id) && gdb_thread(id))
		gdb_reply_ok();
	else
		gdb_reply_error();
}

/* Hg and Hc: which thread the next commands are about. The latter is vCont's by now. */
void gdb_thread_select(const char *at)
{
	bool general = gdb_scan_char(&at, 'g');
	unsigned id;

	if ((!general && !gdb_scan_char(&at, 'c')) || !gdb_scan_thread(&at, &id) || !gdb_thread(id)) {
		gdb_reply_error();
		return;
	}
	if (general)
		gdb_selected = id;
	gdb_reply_ok();
}

/* The list comes in portions; ids only grow, so one tells where the next portion begins. */
static unsigned listed;

void gdb_thread_next(const char *at)
{
	unsigned from = listed;

	(void)at;
	for (struct thread *t = NULL; (t = target_thread_next(t)) && gdb_reply_room() > 10;) {
		if (t->id <= from)
			continue;
		gdb_reply_byte(listed == from ? 'm' : ',');
		gdb_reply_number(t->id);
		listed = t->id;
	}
	if (listed == from)
		gdb_reply_byte('l');
}

void gdb_thread_first(const char *at)
{
	listed = 0;
	gdb_thread_next(at);
}

/* An idle thread is always "running". */
static const char *state_of(const struct thread *t)
{
	enum thread_state state = t->state;

	if (target_cpu_of(t))
		return "running";
	switch (state) {
	case THREAD_NEW:
		return "not started";
	case THREAD_RUNNABLE: case THREAD_RUNNING:
		return "ready";
	case THREAD_BLOCKED:
		return "asleep";
	default:
		return "at its end";
	}
}

/* For a gdb that does not read the document. */
void gdb_thread_extra(const char *at)
{
	unsigned id;
	const struct thread *t = gdb_scan_thread(&at, &id) ? gdb_thread(id) : NULL;
	const char *state = t ? state_of(t) : "";

	if (!t) {
		gdb_reply_error();
		return;
	}
	for (unsigned i = 0; i < sizeof(t->name) && t->name[i]; i++)
		gdb_reply_hex(&t->name[i], 1);
	gdb_reply_hex(" ", 1);
	while (*state)
		gdb_reply_hex(state++, 1);
}

static void describe(const struct thread *t)
{
	const struct cpu *cpu = target_cpu_of(t);
	char name[sizeof(t->name) + 1] = "";

	__builtin_memcpy(name, t->name, sizeof(t->name));
	gdb_document_text("<thread id=\"");
	gdb_document_number(t->id);
	if (cpu) {
		gdb_document_text("\" core=\"");
		gdb_document_number(cpu->id);
	}
	gdb_document_text("\" name=\"");
	gdb_document_quoted(name);
	gdb_document_text("\">");
	gdb_document_text(state_of(t));
	gdb_document_text("</thread>");
}

/* Appendix E.14. */
void gdb_threads_document(void)
{
	gdb_document_text("<?xml version=\"1.0\"?><threads>");
	for (struct thread *t = NULL; (t = target_thread_next(t));)
		describe(t);
	gdb_document_text("</threads>");
}
