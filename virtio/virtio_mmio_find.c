/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where virtio-mmio devices are. Nothing on the bus tells, so somebody else must:
 *   - the command line, as Linux takes it: virtio_mmio.device=SIZE@ADDRESS:INTERRUPT[:ID], any
 *     number of times; QEMU's microvm appends these where it has no ACPI;
 *   - ACPI: devices with the hardware id LNRO0005 in the DSDT;
 *   - a machine that has neither ACPI nor PCI and was told nothing is taken for such a microvm,
 *     whose slots have fixed places. Empty ones answer with device id 0.
 */
#include "kernel/acpi.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "kernel/pci.h"
#include "virtio/virtio_mmio.h"
#include <errno.h>

#define SLOT_ADDRESS 0xfeb00000ull /* QEMU's microvm without ACPI: 8 slots, interrupts 5 to 12 */
#define SLOT_SIZE    0x200u
#define SLOTS        8u
#define SLOT_GSI     5u

struct told {
	uint64_t size, address, gsi;
	struct told *next;
};

static struct told *told;

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* As Linux's memparse(): decimal or 0x, and K, M or G. False: no digits, or more than 64 bits. */
static bool parse_number(const char **at, uint64_t *value)
{
	static const char units[] = "kmg";
	const char *s = *at;
	unsigned base = s[0] == '0' && (s[1] | 0x20) == 'x' ? 16 : 10;

	*value = 0;
	for (*at = s += base == 16 ? 2 : 0; digit_value(*s) < base; s++)
		if (__builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit_value(*s), value))
			return false;
	if (s == *at)
		return false;
	for (unsigned i = 0; i < 3; i++)
		if ((*s | 0x20) == units[i]) {
			*value <<= 10 * (i + 1);
			s++;
			break;
		}
	*at = s;
	return true;
}

static bool parse_char(const char **at, char c)
{
	return **at == c && ++*at;
}

static int device(const struct param *param, const char *value, const char *suffix)
{
	struct told *t = kzalloc(sizeof *t);
	uint64_t id;

	(void)param, (void)suffix;
	if (!t)
		return -ENOMEM;
	if (parse_number(&value, &t->size) && parse_char(&value, '@') &&
	    parse_number(&value, &t->address) && parse_char(&value, ':') &&
	    parse_number(&value, &t->gsi) &&
	    (!parse_char(&value, ':') || parse_number(&value, &id)) && !*value) {
		t->next = told;
		told = t;
		return 0;
	}
	kfree(t);
	return -EINVAL;
}
PARAM_CALL("virtio_mmio.device", device);

static void named_by_acpi(const struct acpi_device *d)
{
	virtio_mmio_add(d->address, d->size, d->gsi, d->active_low);
}

static void probe_slots(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		virtio_mmio_add(SLOT_ADDRESS + i * SLOT_SIZE, SLOT_SIZE, SLOT_GSI + i, false);
}

/* Only machines without the PC's fixed hardware have such devices, so no PC's DSDT is read. */
void virtio_mmio_init(void)
{
	for (const struct told *t = told; t; t = t->next)
		virtio_mmio_add(t->address, t->size, (unsigned)t->gsi, false);
	if (acpi.hw_reduced)
		acpi_find_devices("LNRO0005", named_by_acpi);
	if (!told && !acpi.present && !pci_present())
		probe_slots();
}
