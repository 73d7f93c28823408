/* SPDX-License-Identifier: BSD-2-Clause */
/* How QEMU's RAM is divided: the kernel's heap, and what is left for a page allocator. */
#pragma once

#include "tests/host/qtest/qemu.h"

#define MEMORY_HEAP_END 0x4000000ul
