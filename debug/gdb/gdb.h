/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the gdb stub among themselves: it answers "Debugging with GDB", appendix E, in
 * all-stop mode. Threads of the system are gdb's threads, by their ids.
 *
 * A command gets what follows its letter or name and puts a reply together; one that leaves it
 * empty says that it is not supported.
 */
#pragma once

#include "debug/gdb/packet.h"
#include "debug/target/target.h"

struct thread;

#define GDB_ALL 0u        /* as an id: any thread, or all of them; gdb's 0 and -1 */

/* What was stopped, and which thread gdb asks about. */
extern const struct target_stop *gdb_stop;
extern unsigned gdb_selected;

/* How a command leaves the conversation. */
enum gdb_next { GDB_TALK, GDB_CONTINUE, GDB_STEP, GDB_DETACH, GDB_KILL };

/* Looks at gdb=. */
void gdb_start(void) __attribute__((constructor(101)));

/* --- scanning; *at moves on --- */

bool gdb_scan_number(const char **at, uint64_t *n);   /* hexadecimal; false: there is none */
bool gdb_scan_char(const char **at, char c);
bool gdb_scan_word(const char **at, const char *word);
bool gdb_scan_thread(const char **at, unsigned *id);
/* Pairs of digits up to the end; false: they are not len bytes. */
bool gdb_scan_hex(const char **at, void *bytes, size_t len);

void gdb_reply_ok(void);
void gdb_reply_error(void);

/* --- threads.c --- */

unsigned gdb_current(void);                  /* 0: none */
struct thread *gdb_thread(unsigned id);      /* NULL: there is none; GDB_ALL: the current one */
void gdb_thread_alive(const char *);
void gdb_thread_select(const char *);
void gdb_thread_first(const char *);
void gdb_thread_next(const char *);
void gdb_thread_extra(const char *);
void gdb_threads_document(void);

/* --- registers.c --- */

void gdb_registers_read(const char *);
void gdb_registers_write(const char *);
void gdb_register_read(const char *);
void gdb_register_write(const char *);
void gdb_target_document(void);

/* --- memory.c --- */

void gdb_memory_read(const char *);
void gdb_memory_write(const char *);
void gdb_memory_write_binary(const char *, size_t len);
void gdb_point_set(const char *);
void gdb_point_clear(const char *);
void gdb_points_forget(void);

/* --- query.c: q, Q and v packets --- */

void gdb_query(const char *);
void gdb_set(const char *);

/* A document is written whole; the part that gdb asked for comes out. */
void gdb_document_text(const char *);
void gdb_document_number(unsigned);
void gdb_document_quoted(const char *);          /* so that it is text in XML */

/* --- resume.c --- */

void gdb_stop_reply(void);
enum gdb_next gdb_resume(char letter, const char *);
enum gdb_next gdb_verbose(const char *);
/* While a range is stepped: true: on with it, gdb need not know. */
bool gdb_steps_on(const struct target_stop *);
