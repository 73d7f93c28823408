/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands between QEMU's reset and the drivers: the little that firmware does, and what ACPI would tell. */
#pragma once

/* "q35", "pc" or "microvm": makes configuration space and interrupt lines ready, and has the kernel find devices. */
void firmware_run(const char *machine);
