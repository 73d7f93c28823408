/* SPDX-License-Identifier: BSD-2-Clause */
/* An ELF core as Linux writes them, which gdb reads. */
#pragma once

#include <stdint.h>

struct line;
struct thread;

/* Threads' notes (notes.c): what they take, and they themselves; current: the first. */
uint64_t dump_notes_size(void);
void dump_notes_write(const struct thread *current, int signal);

/* *len: bytes of it. 0 or -errno, see out.h. */
int dump_core(const struct line *, const struct thread *current, int signal, uint64_t *len);
