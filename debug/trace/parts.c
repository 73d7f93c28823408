/* SPDX-License-Identifier: BSD-2-Clause */
/* The debugger's parts that run beside the app (kernel/debugger.h). */
#include "kernel/debugger.h"
#include <stddef.h>

extern const struct debugger_part *const __start_debugger_parts[], *const __stop_debugger_parts[];

void debugger_start(void)
{
	for (const struct debugger_part *const *p = __start_debugger_parts; p < __stop_debugger_parts; p++)
		if ((*p)->start)
			(*p)->start();
}

void debugger_finish(void)
{
	for (const struct debugger_part *const *p = __start_debugger_parts; p < __stop_debugger_parts; p++)
		if ((*p)->finish)
			(*p)->finish();
}
