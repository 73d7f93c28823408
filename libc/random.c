/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random numbers, straight from the kernel's generator: there is no border to cross, so newlib's own generator on top would gain
 * nothing.
 */
#include "kernel/random.h"
#include "libc/result.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

int getentropy(void *buf, size_t len)
{
	if (len > 256)
		return libc_result(-EIO);
	arc4random_buf(buf, len);
	return 0;
}

ssize_t getrandom(void *buf, size_t len, unsigned flags)
{
	int error = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (flags & GRND_RANDOM && flags & GRND_INSECURE))
		return libc_result(-EINVAL);
	if (!(flags & GRND_INSECURE))
		error = random_wait(!(flags & GRND_NONBLOCK));
	if (error)
		return libc_result(error);
	random_bytes(buf, len);
	return len;
}

uint32_t arc4random(void)
{
	random_wait(true);
	return random_u64();
}

void arc4random_buf(void *buf, size_t len)
{
	random_wait(true);
	random_bytes(buf, len);
}

/* Numbers below 2^32 mod bound would make small results likelier: they are thrown away. */
uint32_t arc4random_uniform(uint32_t bound)
{
	uint32_t skip, r;

	if (bound < 2)
		return 0;
	skip = -bound % bound;
	do
		r = arc4random();
	while (r < skip);
	return r % bound;
}
