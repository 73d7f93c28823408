/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the two ring files share with each other and with nobody else: how memory is accessed that
 * the device reads or writes, and the arithmetic of event indices.
 */
#pragma once

#include "virtio/virtqueue.h"

/* Accesses to memory the device reads or writes: of their width, once, in the order given. */
#define load_acquire(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define load_relaxed(p)     __atomic_load_n((p), __ATOMIC_RELAXED)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

/* 2.7.7.2, 2.8.10: is event among the positions that were passed on the way from old to new? */
static inline bool event_passed(uint16_t event, uint16_t new, uint16_t old)
{
	return (uint16_t)(new - event - 1) < (uint16_t)(new - old);
}

/* What a ring says is used. Nothing of that is checked yet. */
struct virtqueue_used {
	uint32_t id, len; /* of the first buffer */
	int pending;      /* so many buffers; 0: none */
};
