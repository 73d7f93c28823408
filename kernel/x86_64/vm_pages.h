/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages of lazily filled memory. The caller holds the lock of vm_area.h.
 *
 * Every page of a committed region is filled, or a promise of the page allocator stands for it. So
 * do tables: a table that a region only shares with others is there from the start; for a stretch
 * of 2 MiB that lies in one region as a whole, there is a table, or a promise of one. That promise
 * is kept as long as the stretch is empty or one large page, and pays for the table when a border
 * or a lack of large pages asks for it. Hence neither a fault nor a new border inside a region ever
 * fails.
 */
#pragma once

#include "kernel/vm_region.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Promises to be had before a committed region of len bytes is prepared, wherever it lies. */
size_t vm_pages_cost(uint64_t len);

/* Makes tables for [start, end). Returns how many of the promises are used, or stay for later. */
size_t vm_pages_prepare(uint64_t start, uint64_t end);

/* Whether a large page would serve addr: nothing is there yet, and all of it lies in the region. */
bool vm_pages_want_large(const struct vm_region *, uint64_t addr);
#define VM_LARGE_PAGES 512u /* in pages */

/*
 * Makes what is mapped at addr what the region says: with a page, if there is none yet, and with
 * the region's rights. *large: a borrowed large page of zeroes, or NULL; NULL then if it was used.
 */
void vm_pages_fill(const struct vm_region *, uint64_t addr, void **large);

/* Before addr becomes a border inside the region: no large page crosses it. */
void vm_pages_split(const struct vm_region *, uint64_t addr);

/* How far from start a change may go in one piece. */
uint64_t vm_pages_piece(uint64_t start, uint64_t end);

/*
 * Frees the pages of a committed region's part, and its promises. Between `below` and `above`
 * nothing but this part lies: tables that serve it alone are freed.
 */
void vm_pages_remove(uint64_t start, uint64_t end, uint64_t below, uint64_t above);

/* The same, but every page is a promise again. */
void vm_pages_empty(uint64_t start, uint64_t end);

/* Gives pages that are there these rights. */
void vm_pages_protect(uint64_t start, uint64_t end, unsigned prot);

/*
 * Moves the pages that are there to addresses that were prepared. The promises of those that are
 * not go along; promises of tables end. below, above: as in vm_pages_remove().
 */
void vm_pages_move(uint64_t start, uint64_t end, uint64_t to, uint64_t below, uint64_t above);
