/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of virtio over PCI (VIRTIO 1.4, section 4.1) share:
 *   virtio_pci.c         finds devices and says which interface each is driven by
 *   virtio_pci_modern.c  the interface of 1.0 and later
 *   virtio_pci_legacy.c  the one of before (4.1.4.10)
 *   virtio_pci_irq.c     interrupts, the same for both
 */
#pragma once

#include "kernel/pci.h"
#include "virtio/virtio.h"
#include "virtio/virtio_poll.h"
#include "virtio/virtio_window.h"

#define VIRTIO_PCI_VECTORS_MAX 8u /* entries used of the MSI-X table: more queues than that share */

struct virtio_pci;

struct virtio_pci_vector {
	struct virtio_pci *owner;
	uint16_t entry;
	int irq;                      /* 0: not allocated */
};

struct virtio_pci {
	struct virtio_device dev;
	struct pci_dev *pci;
	/* The interface's: */
	struct virtio_window common;  /* 4.1.4.3, or the legacy header */
	struct virtio_window config;  /* legacy: where it would be without MSI-X */
	struct virtio_window isr;     /* one byte */
	/* registers of common: which MSI-X entry an event raises; the selected queue's */
	uint8_t config_vector, queue_vector;
	struct virtio_pci_cap notify; /* modern: notifications; mapped queue by queue */
	bool notify_io;
	/* virtio_pci_irq.c's: */
	unsigned nvectors;            /* MSI-X entries in use; 0: MSI-X is off */
	struct virtio_pci_vector vector[VIRTIO_PCI_VECTORS_MAX];
	bool line;                    /* INTx, or polled because there is none */
	uint32_t seen_generation;     /* of the configuration: which changes were handled */
	struct virtio_poll poll;
};

static inline struct virtio_pci *virtio_pci_of(struct virtio_device *dev)
{
	return container_of(dev, struct virtio_pci, dev);
}

/* Registers of the common structure, by type and field, with the field's width. */
#define virtio_pci_get(p, type, field) \
	virtio_window_read(&(p)->common, offsetof(type, field), sizeof(((type *)0)->field))
#define virtio_pci_set(p, type, field, value) \
	virtio_window_write(&(p)->common, offsetof(type, field), sizeof(((type *)0)->field), value)

/* Fill in the interface's fields and the device's transport. 0, or -ENOTSUP: there is none. */
int virtio_pci_modern(struct virtio_pci *);
int virtio_pci_legacy(struct virtio_pci *);

/* A piece of a BAR, ports or memory. False: not wholly inside. */
bool virtio_pci_window(struct pci_dev *, unsigned bar, uint64_t offset, uint32_t len,
		       struct virtio_window *);

/* virtio_transport's free */
void virtio_pci_free(struct virtio_device *);

/* Before the device is added: MSI-X, if there is some. */
void virtio_pci_irq_init(struct virtio_pci *);
/* After it was removed: no interrupt of it comes any more. */
void virtio_pci_irq_free(struct virtio_pci *);
/* virtio_transport's interrupts_prepare */
int virtio_pci_irq_prepare(struct virtio_device *);
/* The interrupt of a queue that is selected and not enabled yet. */
void virtio_pci_irq_queue(struct virtio_pci *, struct virtqueue *);
