/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Randomness for the kernel and the app: a ChaCha20 generator with fast key erasure, fed by
 * whatever sources there are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Fills buf. Never blocks and never fails; before random_seeded() it is only as good as RDRAND and
 * boot jitter made it.
 */
void random_bytes(void *buf, size_t len);
uint64_t random_u64(void);
int random_seeded(void); /* non-zero once a real source (virtio entropy, RDRAND/RDSEED, EFI) has contributed 256 bits */

/*
 * Before bytes on which secrets rest: sleeps until random_seeded(), for half a second at most. 0;
 * -EAGAIN: it would have to sleep, and may not.
 */
int random_wait(bool may_sleep);

/* Sources mix bytes in; bits is what the source vouches for. Callable from interrupt handlers. */
void random_add(const void *buf, size_t len, unsigned bits);
void random_init(void); /* seeds from the CPU; never waits */

/*
 * A source that can be asked for more (virtio entropy): ask() starts a request and returns at once.
 * There may be several. None is ever taken off: a device that has gone does not answer.
 */
struct random_source {
	struct random_source *next;
	const char *name;
	void (*ask)(struct random_source *);
	void *driver;
};
void random_source_register(struct random_source *);
