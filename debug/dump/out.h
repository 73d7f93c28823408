/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a core goes, byte after byte, with the system frozen. An error stays until the next begin. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct line;

/* 0; -ENODEV: there is no such line; -ENOSPC: a disk with less than len bytes. */
int out_begin(const struct line *, uint64_t len);
void out_write(const void *bytes, size_t len);
void out_zeroes(size_t len);
/* Memory; what cannot be read of it becomes zeroes. */
void out_memory(uint64_t address, uint64_t len);
int out_end(void);         /* 0, or the first error */
