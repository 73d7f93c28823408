/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc/pthread/lock.h"
#include <errno.h>

int word_lock_contended(unsigned *word, uint64_t deadline_ns)
{
	while (atomic_exchange_explicit(word_of(word), WORD_CONTENDED, memory_order_acquire) !=
	       WORD_FREE)
		if (futex_wait(word_of(word), WORD_CONTENDED, deadline_ns) == -ETIMEDOUT)
			return ETIMEDOUT;
	return 0;
}
