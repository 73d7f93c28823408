/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IOMMUs. This kernel drives none: devices get physical addresses, which is right as long as none
 * of them translates.
 */
#pragma once

#include <stdbool.h>

/*
 * Does an IOMMU translate what devices access, or can it not be told? Asked per device that says it
 * is subject to that; not at every boot.
 */
bool iommu_translates(void);
