/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's heap, in 1:1 memory: what it returns may be handed to a device as one piece (unless
 * it spans more than the caller asked for).
 */
#pragma once

#include <stddef.h>

/* 16-byte aligned; NULL: out of memory. Callable with interrupts off. */
void *kmalloc(size_t size);
void *kzalloc(size_t size);
void *kmalloc_aligned(size_t size, size_t align); /* align: a power of two, at most a page */
void kfree(void *); /* anything the three above returned, or NULL */
