/* SPDX-License-Identifier: BSD-2-Clause */
/* The document that tells gdb which registers there are (appendix G). */
#include "debug/gdb/gdb.h"
#include "debug/gdb/registers.h"

struct group {
	const char *feature;   /* that begins here; NULL: the one before goes on */
	const char *names;
	unsigned bits;
	const char *type;
	unsigned number;       /* of the first */
};

#define SIXTEEN(n, end) \
	n "0" end " " n "1" end " " n "2" end " " n "3" end " " n "4" end " " n "5" end " " n "6" end " " n "7" end " " \
	n "8" end " " n "9" end " " n "10" end " " n "11" end " " n "12" end " " n "13" end " " n "14" end " " n "15" end

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
	{ "sse", SIXTEEN("xmm", ""), 128, "vec128", XMM0 },
	{ NULL, "mxcsr", 32, "int", MXCSR },
	{ "avx", SIXTEEN("ymm", "h"), 128, "uint128", YMM0_HIGH },
};

/* --- types --- */

static void describe_field(const char *name, unsigned bit)
{
	gdb_document_text("<field name=\"");
	gdb_document_text(name);
	gdb_document_text("\" start=\"");
	gdb_document_number(bit);
	gdb_document_text("\" end=\"");
	gdb_document_number(bit);
	gdb_document_text("\"/>");
}

static void describe_flags(void)
{
	static const struct { char name[3]; uint8_t bit; } flags[] = {
		{ "CF", 0 }, { "PF", 2 }, { "AF", 4 }, { "ZF", 6 }, { "SF", 7 }, { "TF", 8 },
		{ "IF", 9 }, { "DF", 10 }, { "OF", 11 },
	};

	gdb_document_text("<flags id=\"flags\" size=\"4\">");
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		describe_field(flags[i].name, flags[i].bit);
	gdb_document_text("</flags>");
}

/* One register seen as each of these. */
static const struct vector {
	const char *name, *type;
	unsigned count;
} vectors[] = {
	{ "v4_float", "ieee_single", 4 }, { "v2_double", "ieee_double", 2 }, { "v16_int8", "int8", 16 },
	{ "v8_int16", "int16", 8 }, { "v4_int32", "int32", 4 }, { "v2_int64", "int64", 2 },
};

#define NVECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void describe_vectors(void)
{
	for (const struct vector *v = vectors; v < vectors + NVECTORS; v++) {
		gdb_document_text("<vector id=\"");
		gdb_document_text(v->name);
		gdb_document_text("\" type=\"");
		gdb_document_text(v->type);
		gdb_document_text("\" count=\"");
		gdb_document_number(v->count);
		gdb_document_text("\"/>");
	}
	gdb_document_text("<union id=\"vec128\">");
	for (const struct vector *v = vectors; v < vectors + NVECTORS; v++) {
		gdb_document_text("<field name=\"");
		gdb_document_text(v->name);
		gdb_document_text("\" type=\"");
		gdb_document_text(v->name);
		gdb_document_text("\"/>");
	}
	gdb_document_text("<field name=\"uint128\" type=\"uint128\"/></union>");
}

/* --- registers --- */

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

static void begin_feature(const struct group *g)
{
	gdb_document_text("<feature name=\"org.gnu.gdb.i386.");
	gdb_document_text(g->feature);
	gdb_document_text("\">");
	if (g == groups)
		describe_flags();
	if (g->number == XMM0)
		describe_vectors();
}

void gdb_target_document(void)
{
	gdb_document_text("<?xml version=\"1.0\"?><target><architecture>i386:x86-64</architecture>");
	for (const struct group *g = groups; g < groups + sizeof(groups) / sizeof(groups[0]); g++) {
		if (g->number == YMM0_HIGH && !target_has_ymm())
			break;
		if (g->feature && g != groups)
			gdb_document_text("</feature>");
		if (g->feature)
			begin_feature(g);
		describe_group(g);
	}
	gdb_document_text("</feature></target>");
}
