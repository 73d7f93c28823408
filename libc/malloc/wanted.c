/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc/malloc/malloc_cache.h"

_Thread_local bool malloc_cache_wanted;
