/* SPDX-License-Identifier: BSD-2-Clause */
/* What memory there is to dump: everything that is mapped but devices' registers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define STRETCHES_MAX 400u

struct stretch {
	uint64_t start, end;
	bool zero;              /* nothing but zeroes: gdb need not be given them */
};

extern struct stretch dump_stretches[STRETCHES_MAX];
extern unsigned dump_nstretches;

/* False: there are more than fit. */
bool dump_stretches_find(void);
