/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From virtio_mmio.device= and the ACPI's word to running drivers: what the command line says, where devices are and
 * what their registers read is up to the input. Versions 1 and 2.
 *
 * Links: virtio/virtio.c virtio/virtio_blk.c virtio/virtio_net.c virtio/virtio_rng.c virtio/virtio_scsi.c
 * Links: virtio/virtio_isr.c virtio/virtio_poll.c virtio/virtio_window.c virtio/virtqueue*.c kernel/blkdev.c kernel/scsi*.c
 * Links: kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/fuzz/loose.c tests/host/model/work.c
 */
#include "virtio/virtio_mmio.c"      /* the list of devices begins anew with each input */
#include "virtio/virtio_mmio_find.c" /* as does what was told */
#include "kernel/x86_64/io.h"
#include "tests/fuzz/loose.h"

struct acpi_info acpi;
static unsigned acpi_devices;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

bool pci_present(void)
{
	return false;
}

void acpi_find_devices(const char *hid, void (*found)(const struct acpi_device *))
{
	struct steer *s = &loose_input;

	(void)hid;
	for (unsigned n = acpi_devices; n; n--)
		found(&(struct acpi_device){ .address = steer_byte(s) * 0x200u, .size = steer_word(s), .gsi = steer_byte(s) });
}

static void mmio_write(volatile void *at, uint32_t value, unsigned width)
{
	loose_write((uintptr_t)at, value, width);
}

static uint32_t mmio_read(const volatile void *at, unsigned width)
{
	return loose_read((uintptr_t)at, width);
}

static void each_device(void (*visit)(struct virtio_device *))
{
	for (struct virtio_mmio *m = devices; m; m = m->next)
		visit(&m->dev);
}

static void tell(struct steer *s)
{
	char value[32];
	unsigned len = steer_byte(s) % sizeof value;

	for (unsigned i = 0; i < len; i++)
		value[i] = (char)steer_byte(s);
	value[len] = '\0';
	device(NULL, value, "");
}

/* Two devices' registers are those of one slot each. */
static void build(struct steer *s)
{
	unsigned what = steer_byte(s);

	acpi = (struct acpi_info){ .present = what & 1, .hw_reduced = what & 1 };
	acpi_devices = what >> 1 & 3;
	loose_set_param("hw.virtio.packed", what >> 3 & 1);
	if (what & 0x10)
		loose_banked(VIRTIO_MMIO_QUEUE_SEL, VIRTIO_MMIO_QUEUE_READY);
	if (what & 0x20)
		loose_banked(VIRTIO_MMIO_QUEUE_SEL, VIRTIO_MMIO_QUEUE_PFN);
	for (unsigned n = what >> 6; n; n--)
		tell(s);
	for (unsigned slot = 0; slot < 2; slot++) {
		loose_preset(slot * 0x200 + VIRTIO_MMIO_MAGIC_VALUE, VIRTIO_MMIO_MAGIC, 4);
		loose_preset(slot * 0x200 + VIRTIO_MMIO_VERSION, steer_byte(s), 4);
		loose_preset(slot * 0x200 + VIRTIO_MMIO_DEVICE_ID, steer_byte(s), 4);
	}
	for (unsigned n = steer_byte(s); n--;)
		loose_preset(steer_word(s), steer_word(s), 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	loose_on(data, len);
	loose_each_device = each_device;
	shim_io = (struct shim_io){ .mmio_read = mmio_read, .mmio_write = mmio_write };
	devices = NULL;
	told = NULL;
	build(&loose_input);
	virtio_mmio_init();
	loose_run();
	loose_off();
	return 0;
}
