/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers, in gdb's order (registers.h). Of a sleeping thread those that a call may lose are unknown, and
 * of the FPU's all but its modes.
 */
#include "debug/gdb/registers.h"
#include "debug/gdb/gdb.h"
#include <assert.h>

#define WIDEST 16u

/* All of a thread's, and what is known of them. */
struct values {
	struct target_registers r;
	struct target_fpu fpu;
	bool all;
	enum target_known fpu_known;
};

/* Where a register lies in these, and how many bytes gdb has for it: at least as many. */
struct place {
	size_t offset, size, width;
};

static_assert(offsetof(struct target_registers, rip) == RIP * 8, "in gdb's order");
static_assert(offsetof(struct target_registers, gs) == offsetof(struct target_registers, cs) + 20, "");

static unsigned count(void)
{
	return target_has_ymm() ? REGISTERS_MAX : YMM0_HIGH;
}

#define OF_REGISTERS(member) offsetof(struct values, r.member)
#define OF_FPU(member)       offsetof(struct values, fpu.member)

static struct place place_of_fpu(unsigned number)
{
	static const struct place words[] = {
		{ OF_FPU(control), 2, 4 }, { OF_FPU(status), 2, 4 }, { OF_FPU(tags), 1, 4 },
		{ OF_FPU(code_selector), 2, 4 }, { OF_FPU(code), 4, 4 },
		{ OF_FPU(data_selector), 2, 4 }, { OF_FPU(data), 4, 4 }, { OF_FPU(opcode), 2, 4 },
	};

	if (number < FCTRL)
		return (struct place){ OF_FPU(st) + (number - ST0) * 16, 10, 10 };
	if (number < XMM0)
		return words[number - FCTRL];
	if (number < MXCSR)
		return (struct place){ OF_FPU(xmm) + (number - XMM0) * 16, 16, 16 };
	if (number == MXCSR)
		return (struct place){ OF_FPU(mxcsr), 4, 4 };
	return (struct place){ OF_FPU(ymm_high) + (number - YMM0_HIGH) * 16, 16, 16 };
}

static struct place place_of(unsigned number)
{
	if (number <= RIP)
		return (struct place){ number * 8, 8, 8 };
	if (number == EFLAGS)
		return (struct place){ OF_REGISTERS(rflags), 4, 4 };
	if (number < FS_BASE)
		return (struct place){ OF_REGISTERS(cs) + (number - CS) * 4, 4, 4 };
	if (number < ST0)
		return (struct place){ OF_REGISTERS(fs_base) + (number - FS_BASE) * 8, 8, 8 };
	return place_of_fpu(number);
}

/* System V ABI, 3.2.1: what a called function preserves; and where the thread is. */
static bool preserved(unsigned number)
{
	return number == 1 || number == 6 || number == 7 || (number >= 12 && number <= RIP) ||
	       number == FS_BASE;
}

static bool is_known(const struct values *v, unsigned number)
{
	if (number < ST0)
		return v->all || preserved(number);
	return v->fpu_known == TARGET_ALL || (v->fpu_known == TARGET_MODES && (number == FCTRL || number == MXCSR));
}

static bool of_selected(struct values *v)
{
	const struct thread *t = gdb_thread(gdb_selected);

	if (t && target_registers(t, &v->r, &v->all)) {
		v->fpu_known = target_fpu(t, &v->fpu);
		return true;
	}
	gdb_reply_error();
	return false;
}

/* --- x87's tags: gdb has two bits for each register, FXSAVE one (SDM volume 1, 8.1.7 and 10.5.1.1) --- */

enum { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

static unsigned tag_of(const uint8_t st[10])
{
	unsigned exponent = (st[8] | st[9] << 8) & 0x7fff;
	uint64_t mantissa;

	__builtin_memcpy(&mantissa, st, sizeof(mantissa));
	if (exponent == 0 && mantissa == 0)
		return TAG_ZERO;
	return exponent == 0 || exponent == 0x7fff || !(mantissa >> 63) ? TAG_SPECIAL : TAG_VALID;
}

static unsigned tags_of(const struct target_fpu *f)
{
	unsigned tags = 0, top = f->status >> 11 & 7;

	for (unsigned i = 0; i < 8; i++)
		tags |= (f->tags >> i & 1 ? tag_of(f->st[(i - top) % 8]) : TAG_EMPTY) << (2 * i);
	return tags;
}

static uint8_t short_tags(unsigned tags)
{
	uint8_t in_use = 0;

	for (unsigned i = 0; i < 8; i++)
		in_use |= (uint8_t)(((tags >> (2 * i) & 3) != TAG_EMPTY) << i);
	return in_use;
}

/* --- out --- */

static void put(const struct values *v, unsigned number)
{
	struct place p = place_of(number);
	uint8_t bytes[WIDEST] = { 0 };
	unsigned tags = tags_of(&v->fpu);

	if (!is_known(v, number)) {
		gdb_reply_unknown(p.width);
		return;
	}
	if (number == FTAG)
		__builtin_memcpy(bytes, &tags, sizeof(tags));
	else
		__builtin_memcpy(bytes, (const char *)v + p.offset, p.size);
	gdb_reply_hex(bytes, p.width);
}

/* g */
void gdb_registers_read(const char *at)
{
	struct values v;

	(void)at;
	if (!of_selected(&v))
		return;
	for (unsigned i = 0; i < count(); i++)
		put(&v, i);
}

/* p number */
void gdb_register_read(const char *at)
{
	struct values v;
	uint64_t number;

	if (!gdb_scan_number(&at, &number) || number >= count())
		gdb_reply_error();
	else if (of_selected(&v))
		put(&v, (unsigned)number);
}

/* --- in --- */

/* Takes one register's digits; x's stand for what is to stay. */
static bool get(const char **at, struct values *v, unsigned number)
{
	struct place p = place_of(number);
	uint8_t bytes[WIDEST];

	if (**at != 'x') {
		if (!gdb_scan_hex(at, bytes, p.width))
			return false;
		if (number == FTAG)
			bytes[0] = short_tags(bytes[0] | (unsigned)bytes[1] << 8);
		__builtin_memcpy((char *)v + p.offset, bytes, p.size);
		return true;
	}
	for (size_t i = 0; i < 2 * p.width; i++)
		if (!gdb_scan_char(at, 'x'))
			return false;
	return true;
}

static bool set_selected(const struct values *v, bool fpu)
{
	struct thread *t = gdb_thread(gdb_selected);

	return target_set_registers(t, &v->r) && (!fpu || v->fpu_known != TARGET_ALL || target_set_fpu(t, &v->fpu));
}

/* G registers; what follows the last that was sent stays. */
void gdb_registers_write(const char *at)
{
	struct values v;
	bool good = true;

	if (!of_selected(&v))
		return;
	for (unsigned i = 0; good && (i < ST0 || (i < count() && *at)); i++)
		good = get(&at, &v, i);
	if (good && set_selected(&v, true))
		gdb_reply_ok();
	else
		gdb_reply_error();
}

/* P number=value */
void gdb_register_write(const char *at)
{
	struct values v;
	uint64_t number;

	if (!gdb_scan_number(&at, &number) || number >= count() || !gdb_scan_char(&at, '=')) {
		gdb_reply_error();
		return;
	}
	if (!of_selected(&v))
		return;
	if ((number < ST0 || v.fpu_known == TARGET_ALL) && get(&at, &v, (unsigned)number) && set_selected(&v, number >= ST0))
		gdb_reply_ok();
	else
		gdb_reply_error();
}
