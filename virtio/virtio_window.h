/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A piece of a device's registers, in memory or among the I/O ports. Each access has exactly the
 * width it is asked for, as 4.1.3.1 and 4.2.2.2 of VIRTIO 1.4 want it; no field is wider than 32
 * bits to the device.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct virtio_window {
	uintptr_t at;           /* mapped address or port number; 0: not there */
	uint32_t len;           /* bytes that may be used */
	bool io;
};

/* width: 1, 2 or 4 bytes. Not checked against len. */
uint32_t virtio_window_read(const struct virtio_window *, size_t off, size_t width);
void virtio_window_write(const struct virtio_window *, size_t off, size_t width, uint32_t value);

/*
 * One field of 1, 2, 4 or 8 bytes, else single bytes: what virtio_transport's config_read and
 * config_write do. A field beyond the window reads as 0, and is not written.
 */
void virtio_window_get(const struct virtio_window *, size_t off, void *value, size_t len);
void virtio_window_put(const struct virtio_window *, size_t off, const void *value, size_t len);
