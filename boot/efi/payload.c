/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the ELF64 image that the loader carries. Source: System V ABI, chapters 4 and 5. */
#include "boot/efi/loader.h"
#include <elf.h>

#define NOTE_ENTRY64 1 /* boot/multiboot_header.S */

static const char note_name[8] = "Thimble";

static BOOLEAN inside_payload(uint64_t offset, uint64_t len)
{
	uint64_t size = (uint64_t)(payload_end - payload_start);

	return offset <= size && len <= size - offset;
}

static const Elf64_Phdr *program_headers(unsigned *n)
{
	const Elf64_Ehdr *elf = (const void *)payload_start;

	if (!inside_payload(0, sizeof(*elf)) || CompareMem(elf->e_ident, ELFMAG, SELFMAG) != 0
	    || elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_machine != EM_X86_64
	    || elf->e_phentsize != sizeof(Elf64_Phdr) || !inside_payload(elf->e_phoff, (uint64_t)elf->e_phnum * sizeof(Elf64_Phdr)))
		return NULL;
	*n = elf->e_phnum;
	return (const void *)(payload_start + elf->e_phoff);
}

static BOOLEAN add_segment(struct handover *h, const Elf64_Phdr *segment, struct range *wanted)
{
	uint64_t end = segment->p_paddr + segment->p_memsz;

	if (h->pieces == PIECES_MAX || segment->p_filesz > segment->p_memsz || end < segment->p_paddr
	    || !inside_payload(segment->p_offset, segment->p_filesz))
		return FALSE;
	h->piece[h->pieces++] = (struct piece){
		.to = segment->p_paddr,
		.from = (uint64_t)payload_start + segment->p_offset,
		.len = segment->p_filesz,
		.zeroes = segment->p_memsz - segment->p_filesz,
	};
	wanted->base = segment->p_paddr < wanted->base ? segment->p_paddr : wanted->base;
	wanted->end = end > wanted->end ? end : wanted->end;
	return TRUE;
}

/* Notes are {namesz, descsz, type, name, desc}, each part padded to 4 bytes. */
static uint64_t find_entry(const Elf64_Phdr *segment)
{
	uint64_t at = 0;

	while (inside_payload(segment->p_offset, segment->p_filesz) && at + sizeof(Elf64_Nhdr) <= segment->p_filesz) {
		const Elf64_Nhdr *note = (const void *)(payload_start + segment->p_offset + at);
		uint64_t name = at + sizeof(*note);
		uint64_t desc = name + ((note->n_namesz + 3ull) & ~3ull);

		at = desc + ((note->n_descsz + 3ull) & ~3ull);
		if (at <= segment->p_filesz && note->n_type == NOTE_ENTRY64 && note->n_namesz == sizeof(note_name)
		    && note->n_descsz == sizeof(uint64_t)
		    && CompareMem(payload_start + segment->p_offset + name, note_name, sizeof(note_name)) == 0)
			return *(const uint64_t *)(payload_start + segment->p_offset + desc);
	}
	return 0;
}

EFI_STATUS payload_read(struct handover *h, struct range *wanted)
{
	unsigned n = 0;
	const Elf64_Phdr *segment = program_headers(&n);

	*wanted = (struct range){ UINT64_MAX, 0 };
	for (unsigned i = 0; i < n; i++) {
		if (segment[i].p_type == PT_LOAD && segment[i].p_memsz && !add_segment(h, &segment[i], wanted))
			return EFI_LOAD_ERROR;
		if (segment[i].p_type == PT_NOTE && !h->entry)
			h->entry = find_entry(&segment[i]);
	}
	return h->pieces && h->entry ? EFI_SUCCESS : EFI_LOAD_ERROR;
}
