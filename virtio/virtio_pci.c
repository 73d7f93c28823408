/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices on the PCI bus (VIRTIO 1.4, section 4.1.2), and by which interface each is driven:
 * the modern one where its capabilities are there, else, for a transitional device, the legacy one
 * (4.1.5.1.1.1). hw.virtio.legacy=1 prefers the legacy one.
 */
#include "virtio/virtio_pci.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "kernel/printf.h"
#include <errno.h>

static uint32_t prefer_legacy;
PARAM_UINT("hw.virtio.legacy", prefer_legacy, 0, 1);

bool virtio_pci_window(struct pci_dev *pci, unsigned index, uint64_t offset, uint32_t len,
		       struct virtio_window *w)
{
	const struct pci_bar *bar = &pci->bar[index];

	if (!bar->address || offset > bar->size || len > bar->size - offset)
		return false;
	w->io = bar->io;
	w->len = len;
	w->at = bar->io ? (uintptr_t)(bar->address + offset)
			: (uintptr_t)pci_bar_map(pci, index, offset, len);
	return w->at;
}

/*
 * Transitional devices have ids of their own; any revision and subsystem will do. 0: not a virtio
 * device.
 */
static unsigned device_type(const struct pci_dev *pci)
{
	static const uint8_t transitional[] = {
		VIRTIO_ID_NET, VIRTIO_ID_BLOCK, VIRTIO_ID_BALLOON, VIRTIO_ID_CONSOLE,
		VIRTIO_ID_SCSI, VIRTIO_ID_ENTROPY, 0, 0, 0, VIRTIO_ID_9P,
	};
	unsigned number = pci->device - VIRTIO_PCI_TRANSITIONAL_BASE;

	if (pci->vendor != VIRTIO_PCI_VENDOR)
		return 0;
	if (pci->device > VIRTIO_PCI_DEVICE_BASE && pci->device < 0x1080)
		return pci->device - VIRTIO_PCI_DEVICE_BASE;
	return number < sizeof transitional ? transitional[number] : 0;
}

static bool match(const struct pci_dev *pci)
{
	return device_type(pci) != 0;
}

static int choose_interface(struct virtio_pci *p)
{
	bool transitional = p->pci->device < VIRTIO_PCI_DEVICE_BASE;
	int error = virtio_pci_modern(p);

	if (transitional && (error || prefer_legacy) && virtio_pci_legacy(p) == 0)
		return 0;
	return error;
}

static int attach(struct pci_dev *pci)
{
	struct virtio_pci *p = kzalloc(sizeof *p);
	int error;

	if (!p)
		return -ENOMEM;
	p->pci = pci;
	p->dev.id = device_type(pci);
	ksnprintf(p->dev.where, sizeof p->dev.where, "pci " PCI_FMT, PCI_ARG(pci));
	pci_enable(pci);
	error = choose_interface(p);
	if (error) {
		log_err("%s: no usable virtio interface", p->dev.where);
		kfree(p);
		return error;
	}
	pci->driver_data = p;
	virtio_pci_irq_init(p);
	error = virtio_add(&p->dev);
	return error == -ENODEV ? 0 : error; /* no driver for the type: that has been told */
}

void virtio_pci_free(struct virtio_device *dev)
{
	kfree(virtio_pci_of(dev));
}

/* A driver may keep p: who has the disk open still asks it, and is told that it is gone. */
static void detach(struct pci_dev *pci)
{
	struct virtio_pci *p = pci->driver_data;

	if (!p)
		return;
	log_info("%s: unplugged", p->dev.where);
	virtio_remove(&p->dev);
	virtio_pci_irq_free(p);
	if (p->dev.driver)
		virtio_put(&p->dev);
	else
		virtio_pci_free(&p->dev);
}

static const struct pci_driver virtio_pci_driver = {
	.name = "virtio-pci",
	.match = match,
	.attach = attach,
	.detach = detach,
};
PCI_DRIVER(virtio_pci_driver);
