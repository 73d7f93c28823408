/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The notes of a core: each thread's registers, as struct prstatus of Linux on x86-64, and where they are
 * known the FPU's, as FXSAVE and XSAVE lay them out. There is none about the program: gdb would compare
 * its name with the ELF file's, which nobody here knows.
 */
#include "debug/dump/core.h"
#include "debug/dump/out.h"
#include "debug/target/target.h"
#include "kernel/thread.h"
#include <assert.h>
#include <string.h>

enum { NT_PRSTATUS = 1, NT_FPREGSET = 2, NT_X86_XSTATE = 0x202 };

#define FXSAVE_SIZE offsetof(struct target_fpu, parts)
#define XCR0_AT     464 /* in that, where Linux says what the rest is */

struct note {
	uint32_t name_len, desc_len, type;
	char name[8];
};

struct prstatus {
	int32_t signo, code, error;
	int16_t cursig;
	uint64_t sigpend, sighold;
	int32_t pid, ppid, pgrp, sid;
	uint64_t times[8];
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax;
	uint64_t rip, cs, rflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
	int32_t fpvalid;
};

static_assert(sizeof(struct prstatus) == 336, "Linux's, x86-64");

static void write_note(const char *name, uint32_t type, const void *desc, size_t len)
{
	struct note note = { (uint32_t)strlen(name) + 1, (uint32_t)len, type, "" };

	strcpy(note.name, name);
	dump_out_write(&note, sizeof(note));
	dump_out_write(desc, len);
}

static void write_fpu(const struct thread *t)
{
	struct target_fpu f;
	uint64_t parts = 7;

	if (target_fpu(t, &f) != TARGET_ALL)
		return;
	write_note("CORE", NT_FPREGSET, &f, FXSAVE_SIZE);
	memcpy((char *)&f + XCR0_AT, &parts, sizeof(parts));
	if (target_has_ymm())
		write_note("LINUX", NT_X86_XSTATE, &f, sizeof(f));
}

static void write_thread(const struct thread *t, int signal)
{
	struct target_registers r = { 0 };
	struct prstatus status;
	bool all;

	target_registers(t, &r, &all);
	status = (struct prstatus){
		.signo = signal, .cursig = (int16_t)signal, .pid = (int32_t)t->id,
		.r15 = r.r15, .r14 = r.r14, .r13 = r.r13, .r12 = r.r12, .rbp = r.rbp, .rbx = r.rbx,
		.r11 = r.r11, .r10 = r.r10, .r9 = r.r9, .r8 = r.r8, .rax = r.rax, .rcx = r.rcx,
		.rdx = r.rdx, .rsi = r.rsi, .rdi = r.rdi, .orig_rax = UINT64_MAX,
		.rip = r.rip, .cs = r.cs, .rflags = r.rflags, .rsp = r.rsp, .ss = r.ss,
		.fs_base = r.fs_base, .gs_base = r.gs_base, .ds = r.ds, .es = r.es, .fs = r.fs, .gs = r.gs,
	};
	write_note("CORE", NT_PRSTATUS, &status, sizeof(status));
	write_fpu(t);
}

static uint64_t size_of_thread(const struct thread *t)
{
	struct target_fpu f;
	uint64_t n = sizeof(struct note) + sizeof(struct prstatus);

	if (target_fpu(t, &f) != TARGET_ALL)
		return n;
	n += sizeof(struct note) + FXSAVE_SIZE;
	return target_has_ymm() ? n + sizeof(struct note) + sizeof(f) : n;
}

uint64_t dump_notes_size(void)
{
	uint64_t n = 0;

	for (struct thread *t = NULL; (t = target_thread_next(t));)
		n += size_of_thread(t);
	return n;
}

/* gdb begins with the first; for the reason it takes the last one's signal. */
void dump_notes_write(const struct thread *current, int signal)
{
	if (current)
		write_thread(current, signal);
	for (struct thread *t = NULL; (t = target_thread_next(t));)
		if (t != current)
			write_thread(t, signal);
}
