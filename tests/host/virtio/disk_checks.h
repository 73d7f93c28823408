/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk against what its model holds. */
#pragma once

#include "kernel/blkdev.h"
#include "tests/host/test.h"
#include <stdint.h>

static inline void check_reads(const uint8_t *data, struct blkdev *disk, uint64_t sector, size_t len)
{
	uint8_t *buf = malloc(len);

	memset(buf, 0xee, len);
	CHECK_EQ(blk_read(disk, sector, buf, len), 0);
	CHECK(memcmp(buf, data + sector * 512, len) == 0);
	free(buf);
}

static inline void check_writes(const uint8_t *data, struct blkdev *disk, uint64_t sector, size_t len)
{
	uint8_t *buf = malloc(len);

	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(i * 31 + sector);
	CHECK_EQ(blk_write(disk, sector, buf, len), 0);
	CHECK(memcmp(buf, data + sector * 512, len) == 0);
	free(buf);
}
