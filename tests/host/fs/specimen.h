/* SPDX-License-Identifier: BSD-2-Clause */
/* A small ext4 disk with every structure there is, to be damaged in tests. */
#pragma once

#include "tests/host/fs/disk.h"

struct specimen {
	uint8_t *bytes;
	size_t len;
};

/* Made once; the VFS is started. */
extern struct specimen plain, with_csum; /* without and with the metadata_csum feature */
void make_specimens(void);

/* Mounts, walks and unmounts a disk. A refused mount counts as one error. */
struct walk try_disk(struct disk *);

uint32_t next_random(uint32_t *state); /* xorshift; the state is not 0 */
