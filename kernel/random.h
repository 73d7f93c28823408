/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Randomness for the kernel and the app: a ChaCha20 generator with fast key erasure, fed by
 * whatever sources there are.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Fills buf. Never blocks and never fails; before random_seeded() it is only as good as RDRAND and
 * boot jitter made it.
 */
void random_bytes(void *buf, size_t len);
uint64_t random_u64(void);
int random_seeded(void); /* non-zero once a real source (virtio entropy, RDRAND/RDSEED, EFI) has contributed 256 bits */

/* Sources mix bytes in; bits is what the source vouches for. Callable from interrupt handlers. */
void random_add(const void *buf, size_t len, unsigned bits);
void random_init(void); /* seeds from the CPU; never waits */

/*
 * A source that can be asked for more (virtio entropy): ask() starts a request and returns at once.
 */
struct random_source {
	const char *name;
	void (*ask)(struct random_source *);
	void *driver;
};
void random_source_register(struct random_source *);
