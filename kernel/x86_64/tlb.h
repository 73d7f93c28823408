/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forgetting what page table entries said. Whoever makes an entry mean less or something else calls
 * one of these after the change, and before it gives away the page that was there. An entry that
 * was not present is in no TLB: filling it needs nothing.
 */
#pragma once

#include <stdint.h>

/*
 * Every CPU has forgotten [start, start + len) on return. Callable from anywhere, with interrupts
 * off and spinlocks held: a CPU that waits in spin_lock() answers, as does one with interrupts on;
 * idle ones are not woken. Any range takes one round, so collect changes first.
 */
void tlb_flush_range(uint64_t start, uint64_t len);

/*
 * Does not wait: each CPU forgets everything before it next switches threads. For guard pages below
 * new stacks, whose former translation was no danger and whose thread has not begun.
 */
void tlb_flush_later(void);
