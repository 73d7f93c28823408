/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gdb's numbers of the registers, as the document says: those of its feature org.gnu.gdb.i386.core with FS
 * and GS bases put behind the segments, then x87, SSE, and what AVX adds (appendix G.5.5).
 */
#pragma once

enum {
	RIP = 16, EFLAGS = 17, CS = 18, FS_BASE = 24, ST0 = 26,
	FCTRL = 34, FSTAT, FTAG, FISEG, FIOFF, FOSEG, FOOFF, FOP,
	XMM0 = 42, MXCSR = 58, YMM0_HIGH = 59, REGISTERS_MAX = 75,
};
