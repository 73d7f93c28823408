/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever is typed and read in whatever modes, line editing keeps its positions in order and
 * stays inside the ring.
 *
 * Links: kernel/tty_line.c
 */
#include "kernel/tty_line.h"
#include <stdint.h>
#include <stdlib.h>

void tty_line_echo(const char *text, size_t len)
{
	(void)text, (void)len;
}

static void check(const struct tty_line *l)
{
	unsigned kept = l->end - l->read, ready = l->ready - l->read;

	if (kept > TTY_RING || ready > kept)
		abort();
}

/* Reads up to n bytes; what was ready and gives none is an end of file, which is used up. */
static void take(struct tty_line *l, const struct termios *modes, size_t n)
{
	char buf[64];
	bool more, ready = tty_line_ready(l);
	unsigned before = l->read;
	size_t got = tty_line_take(l, modes, buf, n, &more);

	if (got > n || (ready && l->read == before) || (!ready && got))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tty_line l = { .read = 0 };
	struct termios modes = {
		.c_lflag = ICANON | ECHO,
		.c_cc = { [VERASE] = 0x7f, [VKILL] = 0x15, [VEOF] = 4, [VWERASE] = 0x17 },
	};

	for (size_t i = 0; i < len; i++) {
		if (data[i] == 0xff)
			take(&l, &modes, 1 + i % 64);
		else if (data[i] == 0xfe)
			modes.c_lflag ^= ICANON;
		else
			for (unsigned n = data[i] >= 0xf0 ? 200 : 1; n > 0; n--)
				tty_line_type(&l, &modes, (char)data[i]);
		check(&l);
	}
	return 0;
}
