/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of the model itself: each rule broken must be noticed at least once. */
#pragma once

#include "tests/host/model/machine.h"

static void (*breach)(void);

static void breach_in_machine(void)
{
	model_refusals_expected = true;
	breach();
	CHECK(model_refusals > 0);
}

#define NOTICED(id, ...)					\
	static void breach_##id(void) { __VA_ARGS__; }		\
	TEST(id)						\
	{							\
		breach = breach_##id;				\
		model_in_new_machine(breach_in_machine);	\
	}
