/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio: devices, their drivers, and the transports between them (VIRTIO 1.4, sections 2 and 3).
 *
 * A transport finds a device, fills in the first fields of a struct virtio_device and calls
 * virtio_add(). That one function walks through the whole life cycle (3.1.1) and is called again to
 * recover from a device that failed; no driver ever writes a status bit.
 *
 * A device is neither believed nor fatal: whoever sees it break a rule calls
 * virtio_device_broken(), from any context. Its queues stop at once; the work thread then resets
 * it, has its driver end what was in flight, and adds it again.
 */
#pragma once

#include "kernel/mutex.h"
#include "kernel/shutdown.h"
#include "kernel/work.h"
#include "virtio/virtio_spec.h"
#include "virtio/virtqueue.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct virtio_device;

#define VIRTIO_BIT(n) (1ull << (n))

/*
 * A feature bit a driver knows: with a name for the log, whether it wants it, and what it rests on.
 * Tables of these end with name NULL.
 */
struct virtio_feature {
	const char *name;     /* as in the specification, without VIRTIO_x_F_ */
	uint8_t bit;
	bool wanted;
	uint64_t needs_any;   /* accepted only together with one of these bits; 0: stands alone */
};

struct virtio_driver {
	const char *name;                               /* "virtio-blk" */
	enum virtio_id id;
	const struct virtio_feature *features;
	/* wanted bits that tunables or the device's configuration rule out; NULL: none */
	uint64_t (*decline)(struct virtio_device *);
	/* builds queues and buffers; the device is silent. 0 or -errno */
	int  (*probe)(struct virtio_device *);
	/* the device is live: hand it what it may work on */
	void (*start)(struct virtio_device *);
	void (*config_changed)(struct virtio_device *); /* interrupt context; NULL: nothing to do */
	/*
	 * The device is reset and touches nothing any more: end what was in flight, with an error.
	 * Called before recovery (probe comes next, driver_data stays) and, with dev->lost set,
	 * when the device will not come back; also after a probe that failed, whatever it had
	 * built. Others may hold pointers to driver_data and to its queues, so neither is freed:
	 * broken queues refuse what comes late.
	 */
	void (*remove)(struct virtio_device *);
	/*
	 * Once the device is removed and the driver, knowing that nobody else has a pointer to
	 * driver_data, has called virtio_put(): frees that; the queues go with the device. NULL:
	 * the driver never calls that, and the device stays in memory.
	 */
	void (*free)(struct virtio_device *);
};

#define VIRTIO_DRIVER(d)                                   \
	static const struct virtio_driver *const d##_entry \
		__attribute__((section("virtio_drivers"), used)) = &(d)

/*
 * How registers are reached. Nothing here knows of rings or device types; offsets are within the
 * device-specific configuration, in bytes.
 */
struct virtio_transport {
	const char *name;     /* for log lines: "1.0", "legacy" */
	/*
	 * The interface of before VIRTIO 1.0: no FEATURES_OK, 32 feature bits, and rings as in
	 * 2.7.2, of just queue_max() entries
	 */
	bool legacy;
	/* bits about transports and rings that it can carry out; the queues' own are the core's */
	uint64_t features;
	uint8_t  (*get_status)(struct virtio_device *);
	void     (*set_status)(struct virtio_device *, uint8_t);
	uint64_t (*get_features)(struct virtio_device *);
	void     (*set_features)(struct virtio_device *, uint64_t);
	/* after each reset: the configuration interrupt. 0 or -errno */
	int      (*interrupts_prepare)(struct virtio_device *);
	uint16_t (*queue_max)(struct virtio_device *, uint16_t index);     /* 0: no such queue */
	int      (*queue_enable)(struct virtio_device *, struct virtqueue *); /* 0 or -errno */
	void     (*queue_notify)(struct virtqueue *); /* with virtqueue_notification() */
	/* 2.6.1: the queue is reset and disabled. 0 or -errno. NULL: RING_RESET is not accepted */
	int      (*queue_reset)(struct virtqueue *);
	uint32_t (*config_generation)(struct virtio_device *);
	/* one field of 1, 2, 4 or 8 bytes, else single bytes */
	void     (*config_read)(struct virtio_device *, size_t off, void *, size_t len);
	void     (*config_write)(struct virtio_device *, size_t off, const void *, size_t len);
	/* the last step of a device that was removed. NULL: it stays in memory */
	void     (*free)(struct virtio_device *);
};

struct virtio_device {
	/* The transport's, before virtio_add(): */
	const struct virtio_transport *transport;
	enum virtio_id id;
	char where[20];                     /* "pci 00:03.0" */
	/* virtio.c's: */
	const struct virtio_driver *driver;
	uint64_t features;                  /* accepted */
	uint64_t offered;
	uint8_t status;                     /* what was written last */
	/* between DRIVER_OK and the next reset: queues may be kicked */
	_Atomic bool live;
	_Atomic bool broken;                /* waits for its recovery */
	_Atomic bool lost;                  /* will not come back */
	_Atomic bool removed;               /* lost, and its registers are somebody else's */
	struct mutex life;                  /* held while being added, recovered or removed */
	/* linked by next; made once, used again after each reset */
	struct virtqueue *queues;
	struct work recovery, burial;
	atomic_uint holders;                /* transport and driver, until virtio_put() */
	uint64_t recovered_ns;              /* when last */
	unsigned recoveries;                /* in a row */
	struct shutdown shutdown;
	struct virtio_device *_Atomic next; /* in virtio_devices */
	/* The driver's: */
	const char *name;                   /* "vda"; for log lines, set by probe */
	void *driver_data;
};

/*
 * All that had a driver, the latest first: for whoever shows them, with the lock held, which keeps
 * them, unless the system is frozen. One thread at a time adds and removes.
 */
extern struct virtio_device *_Atomic virtio_devices;
extern struct mutex virtio_devices_lock;

/*
 * Runs the life cycle from reset to DRIVER_OK and start. 0; -ENODEV: no driver for this type (one
 * log line); else -errno, with FAILED set.
 */
int virtio_add(struct virtio_device *);

/*
 * Takes a device away for good: it is unplugged. What waits for it gets errors. When the machine
 * ends, devices are only reset (kernel/shutdown.h).
 */
void virtio_remove(struct virtio_device *);

/*
 * The caller, transport or driver, will not touch the removed device any more; when both have said
 * so it is freed, by the work thread.
 */
void virtio_put(struct virtio_device *);

/*
 * The device broke a rule or asked for a reset: stop using it, recover it from the work thread. Any
 * context, any number of times.
 */
void virtio_device_broken(struct virtio_device *, const char *why);

/*
 * Transports, from the configuration interrupt: DEVICE_NEEDS_RESET leads to recovery, anything else
 * to the driver's config_changed.
 */
void virtio_config_interrupt(struct virtio_device *);

static inline bool virtio_legacy(const struct virtio_device *dev)
{
	return dev->transport->legacy;
}

static inline bool virtio_has(const struct virtio_device *dev, unsigned bit)
{
	return dev->features >> bit & 1;
}

/*
 * Reads one field of the configuration, or an array of bytes, undisturbed by a change in mid-read
 * (2.5.1). The field must be there: its feature was offered.
 */
void virtio_config_read(struct virtio_device *, size_t off, void *, size_t len);

#define virtio_config(dev, type, field) ({						\
	__typeof__(((type *)0)->field) value_;						\
	virtio_config_read((dev), offsetof(type, field), &value_, sizeof(value_));	\
	value_;										\
})

/*
 * A queue size for something that takes bytes_each per entry: the greatest power of two up to
 * wanted that keeps it within 1/64 of the machine's memory, 8 at least. So a guest of 4 MiB still
 * has room for its app.
 */
uint16_t virtio_queue_size(uint16_t wanted, size_t bytes_each);
