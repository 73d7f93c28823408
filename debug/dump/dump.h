/* SPDX-License-Identifier: BSD-2-Clause */
/* Core dumps. */
#pragma once

/*
 * With the system frozen: writes a core to where dump= says. where: NULL, or that again. 0; -ENODEV: there is
 * no such line; -EBUSY: its device is at work on something else, and cannot be asked to stop; -ENOSPC; -EIO;
 * -E2BIG: the memory is in too many pieces, and the last of them are missing.
 */
int core_dump(const char *where) __attribute__((weak));
