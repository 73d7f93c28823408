/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gdb stub, packet by packet, over a fake system.
 *
 * Links: debug/gdb/gdb.c debug/gdb/memory.c debug/gdb/packet.c debug/gdb/query.c debug/gdb/registers.c debug/gdb/describe.c
 *        debug/gdb/resume.c debug/gdb/scan.c debug/gdb/threads.c tests/host/debug/gdb_target.c kernel/printf.c
 */
#include "tests/host/debug/gdb_target.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include <errno.h>

static enum target_resume how;

static const struct fake_stop breakpoint = { DEBUGGER_TRAP, STOP_BREAKPOINT, 0, MEMORY + 0x10, 3 };
static const struct fake_stop step = { DEBUGGER_TRAP, STOP_STEP, 0, MEMORY + 0x20, 1 };
static const struct fake_stop asked = { DEBUGGER_BREAK, STOP_OTHER, 0, MEMORY, 36 };

/* packet("g"): "$g#67" */
static const char *packet(const char *data)
{
	static char text[4][9000];
	static unsigned which;
	char *out = text[which++ % 4];
	uint8_t sum = 0;

	for (const char *p = data; *p; p++)
		sum = (uint8_t)(sum + *p);
	sprintf(out, "$%s#%02x", data, sum);
	return out;
}

/* What gdb is told in answer to one command, without its frame; the stop is one of its own. */
static const char *answer_to(const char *command)
{
	static char text[8192];
	char input[9100];
	char *end;

	fake_talk(step, "", 0, -ENODEV, &how);       /* nobody is there */
	fake_arrives();
	sprintf(input, "+%s%s", packet("?"), packet(command));
	fake_talk(asked, input, -1, -ENODEV, &how);
	fake_output[fake_output_len] = '\0';
	end = strstr(fake_output, "#");              /* of the answer to ? */
	if (!end || strncmp(fake_output, "+$T02thread:1;", 14) != 0)
		return "no answer to ?";
	if (strlen(end) < 4)
		return "none";
	snprintf(text, sizeof(text), "%s", end + 4 + 1); /* + $ */
	if (strrchr(text, '#'))
		*strrchr(text, '#') = '\0';
	return text;
}

TEST(before_a_port_is_named_nothing_is_its_own)
{
	CHECK_EQ(fake_talk(breakpoint, "+$?#3f", -1, -ENODEV, &how), -ENOENT);
	fake_start("ttyS1");
	CHECK_EQ(fake_talk(breakpoint, "+$?#3f", -1, -ENODEV, &how), -ENOENT);
	CHECK_EQ(fake_output_len, 0);
}

TEST(parameters_that_cannot_be)
{
	fake_start(",wait");
	CHECK(shim_log_has("gdb=,wait: not PORT or PORT,wait"));
	fake_start("ttyS1,weit");
	CHECK(shim_log_has("gdb=ttyS1,weit: not PORT or PORT,wait"));
}

TEST(what_arrives_stops_the_system)
{
	unsigned before = fake_breaks;

	fake_arrives();
	CHECK_EQ(fake_breaks, before + 1);
}

TEST(noise_is_not_gdb)
{
	fake_arrives();
	CHECK_EQ(fake_talk(asked, "hello\3+-#00", -1, -EAGAIN, &how), 0);
	CHECK_EQ(how, TARGET_CONTINUE);
	CHECK_EQ(fake_output_len, 0);
}

TEST(damaged_packets_are_asked_for_again)
{
	fake_arrives();
	fake_talk(asked, "$?#00$?#3f", -1, -ENODEV, &how);
	CHECK(memcmp(fake_output, "-+$T02", 6) == 0);
}

TEST(a_lost_answer_is_sent_again)
{
	fake_arrives();
	fake_talk(asked, "$?#3f-", -1, -ENODEV, &how);
	CHECK_EQ(fake_output_len, 1 + 2 * strlen("$T02thread:1;#d4"));
}

TEST(without_acknowledgements)
{
	fake_arrives();
	fake_talk(asked, "$?#3f$QStartNoAckMode#b0+$qC#b4$qC#00", -1, -ENODEV, &how);
	fake_output[fake_output_len] = '\0';
	CHECK_STR(strstr(fake_output, "OK"), "OK#9a$QC1#c5");
}

TEST(commands)
{
	static const char *const table[][2] = {
		{ "", "" }, { "~", "" }, { "vMustReplyEmpty", "" }, { "qC", "QC1" }, { "qAttached", "1" },
		{ "qSupported:xmlRegisters=i386", "PacketSize=1000;qXfer:features:read+;qXfer:threads:read+;"
		  "QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+" },
		{ "vCont?", "vCont;c;C;s;S;t;r" }, { "vCont;t", "OK" },
		{ "Hg2", "OK" }, { "Hg0", "OK" }, { "Hg-1", "OK" }, { "Hc-1", "OK" }, { "Hg9", "E01" }, { "Hx1", "E01" }, { "H", "E01" },
		{ "T3", "OK" }, { "T4", "E01" }, { "T", "E01" },
		{ "qfThreadInfo", "m1,2,3" }, { "qThreadExtraInfo,3", "6669667465656e206c6574746572732061736c656570" },
		{ "m10004,4", "04050607" }, { "m10ffe,4", "feff" }, { "m9000,4", "E01" }, { "m", "E01" }, { "m10000", "E01" },
		{ "mffffffffffffffff,4", "E01" }, { "m10000,0", "" }, { "m10004,4x", "E01" },
		{ "M9000,1:00", "E01" }, { "M10000,2:00", "E01" }, { "M10000,1:zz", "E01" }, { "M", "E01" },
		{ "Z5,10000,1", "" }, { "Z0,9000,1", "E01" }, { "Z", "E01" }, { "Z2,10000,0", "E01" }, { "Z2,10000,1000", "E01" },
		{ "z0,10000,1", "E01" }, { "z2,10001,8", "E01" },
		{ "p10", "1000010000000000" }, { "p11", "02020000" }, { "p1a", "00000000000000800040" },
		{ "p22", "7f030000" }, { "p24", "ff3f0000" }, { "p3a", "801f0000" }, { "p4b", "E01" },
		{ "p", "E01" }, { "pffffffff", "E01" }, { "P", "E01" }, { "P0=", "E01" }, { "P0=00", "E01" }, { "P99=00", "E01" },
		{ "G", "E01" }, { "G00", "E01" },
		{ "qGetTLSAddr:1,8,0", "" },
		{ "qXfer:features:read:target.xml:0,10", "m<?xml version=\"1" },
		{ "qXfer:features:read:target.xml:fffff,10", "l" }, { "qXfer:features:read:target.xml:", "E01" },
		{ "qXfer:features:read:other.xml:0,10", "" },
		{ "qRcmd,zz", "E01" },
		{ "vCont;s:4", "E.no CPU runs this thread, so it cannot be stepped; set a breakpoint and continue" },
		{ "vCont;x", "E01" }, { "vCont;r1", "E01" }, { "vCont;", "E01" },
		{ "s1000", "E01" }, { "C", "E01" },
	};

	for (unsigned i = 0; i < MEMORY_SIZE; i++)
		fake_memory[i] = (uint8_t)i;
	fake_registers[1] = (struct target_registers){ .rip = MEMORY + 0x10, .rflags = 0x202, .fs_base = 0x5000 };
	fake_fpu = (struct target_fpu){ .control = 0x37f, .status = 0x3800, .tags = 0x80, .mxcsr = 0x1f80,
					.st[0] = { [7] = 0x80, [9] = 0x40 } };
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *got = answer_to(table[i][0]);

		if (strcmp(got, table[i][1]) != 0)
			printf("  after %s:\n", table[i][0]);
		CHECK_STR(got, table[i][1]);
	}
}

TEST(registers_of_a_sleeper_are_partly_unknown)
{
	char wanted[1000] = "";

	fake_registers[3] = (struct target_registers){ .rbx = 0x1122, .rip = 0x33 };
	fake_arrives();
	fake_talk(asked, "$?#3f$Hg3#e2$g#67", -1, -ENODEV, &how);
	fake_output[fake_output_len] = '\0';
	strcat(wanted, "$xxxxxxxxxxxxxxxx" "2211000000000000" "xxxxxxxxxxxxxxxx");
	CHECK(strstr(fake_output, wanted));
	CHECK(strstr(fake_output, "3300000000000000" "xxxxxxxx"));
	CHECK(strstr(fake_output, "xxxx" "7f030000" "xxxx")); /* the FPU's modes are known */
}

TEST(the_fpu_is_set)
{
	fake_fpu = (struct target_fpu){ .mxcsr = 0x1f80 };
	CHECK_STR(answer_to("P2b=000102030405060708090a0b0c0d0e0f"), "OK");
	CHECK(fake_fpu.xmm[1][0] == 0 && fake_fpu.xmm[1][15] == 15 && fake_fpu.xmm[0][15] == 0);
	CHECK_STR(answer_to("P1b=00000000000000800040"), "OK");
	CHECK(fake_fpu.st[1][9] == 0x40);
	CHECK_STR(answer_to("P24=fff30000"), "OK"); /* 5 is in use */
	CHECK_EQ(fake_fpu.tags, 0x20);
	CHECK_STR(answer_to("P4a=000102030405060708090a0b0c0d0e0f"), "OK");
	CHECK(fake_fpu.ymm_high[15][15] == 15);
	CHECK_STR(answer_to("P2b=0001"), "E01");
}

TEST(threads_of_other_cpus_are_stepped)
{
	fake_arrives();
	fake_talk(asked, "$?#3f$vCont;s:2;c:1#2d", -1, -ENODEV, &how);
	CHECK(how == TARGET_STEP && fake_stepped == 2);
}

TEST(registers_are_set)
{
	CHECK_STR(answer_to("P0=8877665544332211"), "OK");
	CHECK(fake_registers[1].rax == 0x1122334455667788);
	CHECK_STR(answer_to("P12=xxxxxxxx"), "OK");
	fake_arrives();
	fake_talk(asked, "$?#3f$Hg3#e2", -1, -ENODEV, &how);
	fake_arrives();
	fake_talk(asked, "$?#3f$Hg3#e2$P0=0000000000000000#bd", -1, -ENODEV, &how);
	fake_output[fake_output_len] = '\0';
	CHECK(strstr(fake_output, "$OK#9a+$E01#a6")); /* it sleeps */
}

TEST(memory_is_written)
{
	CHECK_STR(answer_to("M10002,3:a1b2c3"), "OK");
	CHECK(memcmp(fake_memory + 2, "\xa1\xb2\xc3", 3) == 0);
	CHECK_STR(answer_to("X10008,3:x}\3y"), "OK"); /* } 03 is # */
	CHECK(memcmp(fake_memory + 8, "x#y", 3) == 0);
	CHECK_STR(answer_to("X10008,4:x}\3y"), "E01");
	CHECK_STR(answer_to("X0,0:"), "OK");
}

TEST(points)
{
	fake_npoints = 0;
	fake_arrives();
	fake_talk(asked, "$?#3f$Z0,10010,1#05", -1, -ENODEV, &how);
	CHECK_EQ(fake_npoints, 0); /* the line went, and they with it */
	fake_arrives();
	fake_talk(asked, "$?#3f$Z0,10010,1#05$Z2,10003,6#0e$c#63", -1, -ENODEV, &how);
	CHECK_EQ(how, TARGET_CONTINUE);
	CHECK_EQ(fake_npoints, 4); /* 3: 1 byte, 4: 4, 8: 1 */
	CHECK_EQ(fake_talk(breakpoint, "$z2,10003,6#2e$s#73", -1, -ENODEV, &how), 0);
	CHECK_EQ(how, TARGET_STEP);
	CHECK_EQ(fake_npoints, 1);
	CHECK(memcmp(fake_output, "$T05thread:1;swbreak:;#", 23) == 0);
	CHECK_EQ(fake_talk((struct fake_stop){ DEBUGGER_TRAP, STOP_WATCHPOINT, 0x10003, MEMORY, 1 }, "$D#44", -1, -ENODEV, &how), 0);
	CHECK(memcmp(fake_output, "$T05thread:1;watch:10003;#", 26) == 0);
	CHECK_EQ(fake_npoints, 0);
	CHECK_EQ(fake_talk(breakpoint, "", -1, -ENODEV, &how), -ENOENT); /* detached */
}

TEST(a_range_is_stepped_without_a_word)
{
	fake_arrives();
	fake_talk(asked, packet("?"), -1, -ENODEV, &how);
	fake_arrives();
	char input[100];
	sprintf(input, "%s%s", packet("?"), packet("vCont;r10020,10028:1;c"));
	fake_talk(asked, input, -1, -ENODEV, &how);
	CHECK_EQ(how, TARGET_STEP);
	how = TARGET_CONTINUE;
	CHECK_EQ(fake_talk(step, "", -1, -EAGAIN, &how), 0);
	CHECK_EQ(how, TARGET_STEP);
	CHECK_EQ(fake_output_len, 0);
	fake_talk((struct fake_stop){ DEBUGGER_TRAP, STOP_STEP, 0, MEMORY + 0x28, 1 }, packet("c"), -1, -ENODEV, &how);
	CHECK(memcmp(fake_output, "$T05thread:1;#", 14) == 0);
	CHECK_EQ(how, TARGET_CONTINUE);
	fake_talk(breakpoint, packet("D"), -1, -ENODEV, &how);
}

TEST(control_c_and_a_gdb_in_place_of_another)
{
	char input[100];

	fake_arrives();
	sprintf(input, "%s$QStartNoAckMode#b0%s", packet("?"), packet("c"));
	fake_talk(asked, input, -1, -ENODEV, &how);
	fake_arrives();
	fake_talk(asked, "\3$c#63", -1, -ENODEV, &how);
	CHECK_EQ(fake_output_len, strlen("$T02thread:1;#d4"));
	fake_arrives();
	CHECK_EQ(fake_talk(asked, "", -1, -EAGAIN, &how), 0); /* what came was read before */
	CHECK_EQ(fake_output_len, 0);
	fake_arrives();
	fake_talk(asked, "+$?#3f$D#44", -1, -ENODEV, &how);
	CHECK(memcmp(fake_output, "+$T02", 5) == 0); /* acknowledged again */
}

TEST(a_panic_is_a_signal)
{
	static const struct { int vector; const char *signal; } table[] = {
		{ 14, "T0b" }, { 0, "T08" }, { 6, "T04" }, { 99, "T06" },
	};

	for (unsigned i = 0; i < 4; i++) {
		fake_arrives();
		fake_talk(asked, "$?#3f$c#63", -1, -ENODEV, &how);
		CHECK_EQ(fake_talk((struct fake_stop){ DEBUGGER_PANIC, STOP_OTHER, 0, 0, table[i].vector }, "$D#44", -1, -ENODEV, &how), 0);
		CHECK(memcmp(fake_output + 1, table[i].signal, 3) == 0);
	}
}

TEST(documents)
{
	const char *threads = answer_to("qXfer:threads:read::0,fff");

	CHECK_STR(threads, "l<?xml version=\"1.0\"?><threads><thread id=\"1\" core=\"0\" name=\"main\">running</thread>"
		  "<thread id=\"2\" core=\"0\" name=\"a??\?\?b\">running</thread><thread id=\"3\" name=\"fifteen letters\">asleep</thread></threads>");
	CHECK_STR(answer_to("qXfer:threads:read::a,5"), "mion=\"");
}

TEST(the_target_description_comes_whole_in_pieces)
{
	static char whole[16384], piece[64];
	size_t len = 0;

	for (const char *got = "m"; got[0] == 'm';) {
		sprintf(piece, "qXfer:features:read:target.xml:%zx,100", len);
		got = answer_to(piece);
		CHECK(got[0] == 'm' || got[0] == 'l');
		strcpy(whole + len, got + 1);
		len += strlen(got + 1);
	}
	CHECK(strstr(whole, "<reg name=\"fop\" bitsize=\"32\" type=\"int\" regnum=\"41\"/>"));
	CHECK(strstr(whole, "<reg name=\"ymm15h\" bitsize=\"128\" type=\"uint128\" regnum=\"74\"/></feature></target>"));
}

TEST(monitor_commands)
{
	CHECK_STR(answer_to("qRcmd,7073"), "O796f75207361696420#35$O7073#20$OK");
}

TEST(too_long)
{
	static char long_one[6000];

	memset(long_one, 'a', 5000);
	CHECK_STR(answer_to(long_one), "E01");
}

TEST(waiting)
{
	unsigned before = fake_breaks;

	fake_start("ttyS1,wait");
	CHECK_EQ(fake_breaks, before + 1);
	CHECK_EQ(fake_talk((struct fake_stop){ DEBUGGER_CALL, STOP_OTHER, 0, 0, 3 }, "$?#3f$D#44", -1, -ENODEV, &how), 0);
	CHECK(memcmp(fake_output, "+$T05", 5) == 0);
}

TEST(kill)
{
	fake_arrives();
	CHECK(SHIM_CATCH(fake_talk(asked, "$?#3f$k#6b", -1, -ENODEV, &how)));
	CHECK_EQ(shim_power_status, 137);
}

TEST_MAIN
