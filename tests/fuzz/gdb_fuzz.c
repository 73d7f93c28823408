/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever comes down gdb's line, over any sequence of stops, the stub stays within its memory, and
 * what it sends are acknowledgements and whole packets.
 *
 * Input: pieces of what gdb sends, parted by newlines, each for a stop of its own, whose kind its first byte says.
 *
 * Links: debug/gdb/gdb.c debug/gdb/memory.c debug/gdb/packet.c debug/gdb/query.c debug/gdb/registers.c debug/gdb/describe.c
 *        debug/gdb/resume.c debug/gdb/scan.c debug/gdb/threads.c tests/host/debug/gdb_target.c kernel/printf.c
 */
#include "tests/fuzz/steer.h"
#include "tests/host/debug/gdb_target.h"
#include "tests/host/shim.h"
#include <errno.h>
#include <string.h>

static const struct fake_stop stops[] = {
	{ DEBUGGER_BREAK, STOP_OTHER, 0, MEMORY, 36 },
	{ DEBUGGER_TRAP, STOP_BREAKPOINT, 0, MEMORY + 0x10, 3 },
	{ DEBUGGER_TRAP, STOP_STEP, 0, MEMORY + 0x20, 1 },
	{ DEBUGGER_TRAP, STOP_WATCHPOINT, MEMORY + 8, MEMORY, 1 },
	{ DEBUGGER_CALL, STOP_OTHER, 0, MEMORY, 3 },
	{ DEBUGGER_PANIC, STOP_OTHER, 0, MEMORY, 14 },
};

static bool is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* $data#xx, with neither $ nor # in the data. What is behind it. */
static const char *check_packet(const char *at, const char *end)
{
	uint8_t sum = 0;
	unsigned said = 0;

	for (; at < end && *at != '#'; at++) {
		steer_check(*at != '$', "a $ within a packet");
		sum = (uint8_t)(sum + *at);
	}
	steer_check(end - at >= 3 && is_digit(at[1]) && is_digit(at[2]), "a packet without its end");
	sscanf(at + 1, "%2x", &said);
	steer_check(said == sum, "a wrong checksum");
	return at + 3;
}

static void check_output(void)
{
	const char *at = fake_output, *end = fake_output + fake_output_len;

	if (fake_output_len == sizeof(fake_output))
		return;
	while (at < end) {
		char c = *at++;

		steer_check(c == '+' || c == '-' || c == '$', "neither a packet nor its acknowledgement");
		if (c == '$')
			at = check_packet(at, end);
	}
}

static void talk(const char *piece, size_t len)
{
	static const int ends[] = { -ENODEV, 0, -EIO };
	uint8_t choice = len ? (uint8_t)piece[0] : 0;
	enum target_resume how;

	if (!(choice & 8))
		fake_arrives();
	if (SHIM_CATCH(fake_talk(stops[choice % 6], piece, (long)len, ends[choice / 16 % 3], &how)))
		steer_check(shim_power_status == 137, "it ended by other means than a kill");
	check_output();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool started;
	const char *at = (const char *)data, *end = at + len;

	if (!started)
		fake_start("ttyS1");
	started = true;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *next = newline ? newline : end;

		talk(at, (size_t)(next - at));
		at = next + (newline != NULL);
	}
	return 0;
}
