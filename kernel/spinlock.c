/* SPDX-License-Identifier: BSD-2-Clause */
/* The spinlock functions once, for callers that are compiled for size. */
#define SPINLOCK_BODIES
#include "kernel/spinlock.h"
