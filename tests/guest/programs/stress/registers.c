/* SPDX-License-Identifier: BSD-2-Clause */
/* Full vector register files and a rounding mode of its own: a worker finds both as it left them. */
#include "stress.h"
#include "../fpu_state.h"
#include <string.h>

static void compute(struct worker *w)
{
	struct fpu_control control = fpu_control_of(w->number);
	uint8_t in[VECTOR_REGS][32], out[VECTOR_REGS][32];
	bool avx = have_avx();

	for (unsigned r = 0; r < VECTOR_REGS; r++)
		memset(in[r], (int)chance(w, 256), sizeof in[r]);
	memcpy(out, in, sizeof out);
	memset(out, 0, avx ? sizeof out : 0);
	fpu_control_set(&control);
	vectors_hold(avx, 1 + chance(w, 20000), in, out);
	fpu_control_check(&control);
	HOLDS(failed == 0);
	HOLDS(memcmp(in, out, sizeof in) == 0);
}

const struct part registers_part = { .name = "registers", .round = compute };
