/* SPDX-License-Identifier: BSD-2-Clause */
/* See iommu.h. VT-d's registers: Intel Virtualization Technology for Directed I/O 4.1, 11.4.4. */
#include "kernel/iommu.h"
#include "kernel/acpi.h"
#include "kernel/vm.h"
#include "kernel/x86_64/io.h"
#include <stddef.h>

#define VTD_REGISTERS_LEN 4096u
#define VTD_GSTS          0x1cu        /* Global Status */
#define VTD_GSTS_TES      (1u << 31)   /* translation is enabled */

/* A unit that is off after reset is what firmware leaves behind that does not use it itself. */
static bool vtd_translates(uint64_t registers)
{
	volatile uint8_t *at = vm_map_device(registers, VTD_REGISTERS_LEN);

	return !at || (mmio_read32(at + VTD_GSTS) & VTD_GSTS_TES);
}

/* Of the other kinds it is not known how they start, so they are taken to be on. */
bool iommu_translates(void)
{
	for (unsigned i = 0; i < acpi.niommus; i++)
		if (acpi.iommu[i] == 0 || vtd_translates(acpi.iommu[i]))
			return true;
	return false;
}
