/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers, in the order of gdb's feature org.gnu.gdb.i386.core with FS and GS bases put behind the
 * segments (appendix G.5.5). gdb insists on being told of the FPU's; their values are unknown. So
 * are those of a sleeping thread that a call may lose.
 */
#include "debug/gdb/gdb.h"
#include <assert.h>

struct group {
	const char *feature;   /* that begins here; NULL: the one before goes on */
	const char *names;
	unsigned bits;
	const char *type;
	unsigned number;       /* of the first */
};

enum { RIP = 16, EFLAGS = 17, CS = 18, FS_BASE = 24, KNOWN = 26, ST0 = 26, FCTRL = 34 };

static const struct group groups[] = {
	{ "core", "rax rbx rcx rdx rsi rdi", 64, "int64", 0 },
	{ NULL, "rbp rsp", 64, "data_ptr", 6 },
	{ NULL, "r8 r9 r10 r11 r12 r13 r14 r15", 64, "int64", 8 },
	{ NULL, "rip", 64, "code_ptr", RIP },
	{ NULL, "eflags", 32, "flags", EFLAGS },
	{ NULL, "cs ss ds es fs gs", 32, "int32", CS },
	{ NULL, "st0 st1 st2 st3 st4 st5 st6 st7", 80, "i387_ext", ST0 },
	{ NULL, "fctrl fstat ftag fiseg fioff foseg fooff fop", 32, "int", FCTRL },
	{ "segments", "fs_base gs_base", 64, "int64", FS_BASE },
};

struct place {
	size_t offset, size; /* in struct target_registers */
};

static_assert(offsetof(struct target_registers, rip) == RIP * 8, "in gdb's order");
static_assert(offsetof(struct target_registers, gs) == offsetof(struct target_registers, cs) + 20, "");

static struct place place_of(unsigned number)
{
	if (number <= RIP)
		return (struct place){ number * 8, 8 };
	if (number == EFLAGS)
		return (struct place){ offsetof(struct target_registers, rflags), 4 };
	if (number < FS_BASE)
		return (struct place){ offsetof(struct target_registers, cs) + (number - CS) * 4, 4 };
	return (struct place){ offsetof(struct target_registers, fs_base) + (number - FS_BASE) * 8, 8 };
}

/* System V ABI, 3.2.1: what a called function preserves; and where the thread is. */
static bool preserved(unsigned number)
{
	return number == 1 || number == 6 || number == 7 || (number >= 12 && number <= RIP) ||
	       number == FS_BASE;
}

static bool of_selected(struct target_registers *r, bool *all)
{
	const struct thread *t = gdb_thread(gdb_selected);

	if (t && target_registers(t, r, all))
		return true;
	gdb_reply_error();
	return false;
}

static void put(const struct target_registers *r, bool all, unsigned number)
{
	struct place p = place_of(number);

	if (all || preserved(number))
		gdb_reply_hex((const char *)r + p.offset, p.size);
	else
		gdb_reply_unknown(p.size);
}

/* g. It ends before the FPU's, for which gdb then asks by p. */
void gdb_registers_read(const char *at)
{
	struct target_registers r;
	bool all;

	(void)at;
	if (!of_selected(&r, &all))
		return;
	for (unsigned i = 0; i < KNOWN; i++)
		put(&r, all, i);
}

/* p number */
void gdb_register_read(const char *at)
{
	struct target_registers r;
	uint64_t number;
	bool all;

	if (!gdb_scan_number(&at, &number)) {
		gdb_reply_error();
		return;
	}
	if (number >= KNOWN) {
		gdb_reply_unknown(number < FCTRL ? 10 : 4);
		return;
	}
	if (of_selected(&r, &all))
		put(&r, all, (unsigned)number);
}

/* Takes one register's digits; x's stand for what is to stay. */
static bool get(const char **at, struct target_registers *r, unsigned number)
{
	struct place p = place_of(number);

	if (**at != 'x')
		return gdb_scan_hex(at, (char *)r + p.offset, p.size);
	for (size_t i = 0; i < 2 * p.size; i++)
		if (!gdb_scan_char(at, 'x'))
			return false;
	return true;
}

static void set_selected(const struct target_registers *r)
{
	if (target_set_registers(gdb_thread(gdb_selected), r))
		gdb_reply_ok();
	else
		gdb_reply_error();
}

/* G registers */
void gdb_registers_write(const char *at)
{
	struct target_registers r;
	bool all, good = true;

	if (!of_selected(&r, &all))
		return;
	for (unsigned i = 0; good && i < KNOWN; i++)
		good = get(&at, &r, i);
	if (good)
		set_selected(&r);
	else
		gdb_reply_error();
}

/* P number=value */
void gdb_register_write(const char *at)
{
	struct target_registers r;
	uint64_t number;
	bool all;

	if (!gdb_scan_number(&at, &number) || number >= KNOWN || !gdb_scan_char(&at, '=')) {
		gdb_reply_error();
		return;
	}
	if (!of_selected(&r, &all))
		return;
	if (get(&at, &r, (unsigned)number))
		set_selected(&r);
	else
		gdb_reply_error();
}

static void describe(const struct group *g, const char *name, size_t len, unsigned number)
{
	char text[8] = "";

	__builtin_memcpy(text, name, len);
	gdb_document_text("<reg name=\"");
	gdb_document_text(text);
	gdb_document_text("\" bitsize=\"");
	gdb_document_number(g->bits);
	gdb_document_text("\" type=\"");
	gdb_document_text(g->type);
	gdb_document_text("\" regnum=\"");
	gdb_document_number(number);
	gdb_document_text("\"/>");
}

static void describe_group(const struct group *g)
{
	unsigned number = g->number;

	for (const char *name = g->names; *name; number++) {
		size_t len = 0;

		while (name[len] && name[len] != ' ')
			len++;
		describe(g, name, len, number);
		name += len + (name[len] == ' ');
	}
}

static void describe_flags(void)
{
	static const struct { char name[3]; uint8_t bit; } flags[] = {
		{ "CF", 0 }, { "PF", 2 }, { "AF", 4 }, { "ZF", 6 }, { "SF", 7 }, { "TF", 8 },
		{ "IF", 9 }, { "DF", 10 }, { "OF", 11 },
	};

	gdb_document_text("<flags id=\"flags\" size=\"4\">");
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		gdb_document_text("<field name=\"");
		gdb_document_text(flags[i].name);
		gdb_document_text("\" start=\"");
		gdb_document_number(flags[i].bit);
		gdb_document_text("\" end=\"");
		gdb_document_number(flags[i].bit);
		gdb_document_text("\"/>");
	}
	gdb_document_text("</flags>");
}

static void begin_feature(const struct group *g)
{
	gdb_document_text("<feature name=\"org.gnu.gdb.i386.");
	gdb_document_text(g->feature);
	gdb_document_text("\">");
	if (g == groups)
		describe_flags();
}

/* Appendix G. */
void gdb_target_document(void)
{
	gdb_document_text("<?xml version=\"1.0\"?><target><architecture>i386:x86-64</architecture>");
	for (const struct group *g = groups; g < groups + sizeof(groups) / sizeof(groups[0]); g++) {
		if (g->feature && g != groups)
			gdb_document_text("</feature>");
		if (g->feature)
			begin_feature(g);
		describe_group(g);
	}
	gdb_document_text("</feature></target>");
}
