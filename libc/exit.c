/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the app is the end of the machine. */
#include "fs/vfs.h"
#include "kernel/debugger.h"
#include "kernel/power.h"
#include <stdlib.h>
#include <unistd.h>

/* What was written before the end stays written, as on a system that lives on. */
void _exit(int status)
{
	vfs_sync_all();
	if (debugger_finish)
		debugger_finish();
	power_off(status & 0xff);
}

void _Exit(int status)
{
	_exit(status);
}
