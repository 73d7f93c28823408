/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio over MMIO (VIRTIO 1.4, section 4.2): where devices are, and what drives them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Finds and adds every device: what the command line names, then what ACPI names. Nothing for a PC,
 * which has none. Runs once while booting, alone.
 */
void virtio_mmio_init(void);

/*
 * Adds the device whose registers take size bytes at address and whose level-triggered interrupt is
 * this global system interrupt. Nothing there, or one that was added before, is passed over.
 */
void virtio_mmio_add(uint64_t address, uint64_t size, unsigned gsi, bool active_low);
