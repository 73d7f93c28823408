/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a core goes, byte after byte, with the system frozen. An error stays until the next begin. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct line;

/* 0; -ENODEV: there is no such line; -ENOSPC: a disk with less than len bytes. */
int dump_out_begin(const struct line *, uint64_t len);
void dump_out_write(const void *bytes, size_t len);
void dump_out_zeroes(size_t len);
/* Memory; what cannot be read of it becomes zeroes. */
void dump_out_memory(uint64_t address, uint64_t len);
int dump_out_end(void);         /* 0, or the first error */
