/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine of several processors for the scheduler, the wait primitive, timers and allocators as they are in the kernel: each processor is a pthread of the host,
 * time is the host's. Interrupts come where the code under test lets them in.
 */
#pragma once

#include <stddef.h>

#define MACHINE_CPUS 4
#define MACHINE_RAM  (64ul << 20)

extern char *machine_ram; /* of MACHINE_RAM bytes */

/* Starts it, once; the caller is its boot thread from then on, on whatever processor it may be. */
void machine_start(void);
