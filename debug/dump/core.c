/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core file: ELF header, program headers, notes, memory (System V ABI, chapter 5). It is written
 * from front to back, to lines that cannot go back.
 */
#include "debug/dump/core.h"
#include "debug/dump/out.h"
#include "debug/dump/stretches.h"
#include "kernel/page.h"
#include <assert.h>
#include <errno.h>

enum { ET_CORE = 4, EM_X86_64 = 62, PT_LOAD = 1, PT_NOTE = 4, PF_ALL = 7 };

struct header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program_header {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

static_assert(sizeof(struct header) == 64 && sizeof(struct program_header) == 56, "ELF64");

static void write_header(void)
{
	struct header h = {
		.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 }, .type = ET_CORE, .machine = EM_X86_64, .version = 1,
		.phoff = sizeof(h), .ehsize = sizeof(h), .phentsize = sizeof(struct program_header),
		.phnum = (uint16_t)(1 + dump_nstretches),
	};

	dump_out_write(&h, sizeof(h));
}

static void write_program_header(uint32_t type, uint64_t offset, uint64_t vaddr, uint64_t filesz, uint64_t memsz)
{
	struct program_header h = {
		.type = type, .flags = type == PT_LOAD ? PF_ALL : 0, .offset = offset, .vaddr = vaddr,
		.filesz = filesz, .memsz = memsz, .align = type == PT_LOAD ? PAGE_SIZE : 4,
	};

	dump_out_write(&h, sizeof(h));
}

/* Where memory begins in the file, and where the last of it ends. */
static uint64_t layout(uint64_t notes_end, uint64_t *end)
{
	uint64_t start = page_align_up(notes_end);

	*end = start;
	for (unsigned i = 0; i < dump_nstretches; i++)
		if (!dump_stretches[i].zero)
			*end += dump_stretches[i].end - dump_stretches[i].start;
	return start;
}

static void write_program_headers(uint64_t notes, uint64_t notes_len, uint64_t offset)
{
	write_program_header(PT_NOTE, notes, 0, notes_len, 0);
	for (unsigned i = 0; i < dump_nstretches; i++) {
		const struct stretch *s = &dump_stretches[i];
		uint64_t len = s->end - s->start, filed = s->zero ? 0 : len;

		write_program_header(PT_LOAD, offset, s->start, filed, len);
		offset += filed;
	}
}

int dump_core(const struct line *l, const struct thread *current, int signal, uint64_t *len)
{
	bool all = dump_stretches_find();
	uint64_t notes = sizeof(struct header) + (1 + dump_nstretches) * sizeof(struct program_header);
	uint64_t notes_len = dump_notes_size();
	uint64_t start = layout(notes + notes_len, len);
	int error = dump_out_begin(l, *len);

	if (error)
		return error;
	write_header();
	write_program_headers(notes, notes_len, start);
	dump_notes_write(current, signal);
	dump_out_zeroes(start - notes - notes_len);
	for (unsigned i = 0; i < dump_nstretches; i++)
		if (!dump_stretches[i].zero)
			dump_out_memory(dump_stretches[i].start, dump_stretches[i].end - dump_stretches[i].start);
	error = dump_out_end();
	return error ? error : all ? 0 : -E2BIG;
}
