/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine of several processors for the scheduler, the wait primitive, timers and allocators as they are in the kernel: each processor is a pthread of the host,
 * time is the host's. Interrupts come where the code under test lets them in.
 */
#pragma once

#include <stddef.h>

#define MACHINE_CPUS 4

/* Starts it, once; the caller is its boot thread from then on, on whatever processor it may be. */
void machine_start(void);
