/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_window.h. */
#include "virtio/virtio_window.h"
#include "kernel/x86_64/io.h"
#include <string.h>

static uint32_t port_read(uint16_t port, size_t width)
{
	return width == 1 ? inb(port) : width == 2 ? inw(port) : inl(port);
}

static void port_write(uint16_t port, size_t width, uint32_t value)
{
	if (width == 1)
		outb(port, (uint8_t)value);
	else if (width == 2)
		outw(port, (uint16_t)value);
	else
		outl(port, value);
}

static uint32_t memory_read(const volatile void *at, size_t width)
{
	return width == 1 ? mmio_read8(at) : width == 2 ? mmio_read16(at) : mmio_read32(at);
}

static void memory_write(volatile void *at, size_t width, uint32_t value)
{
	if (width == 1)
		mmio_write8(at, (uint8_t)value);
	else if (width == 2)
		mmio_write16(at, (uint16_t)value);
	else
		mmio_write32(at, value);
}

uint32_t virtio_window_read(const struct virtio_window *w, size_t off, size_t width)
{
	return w->io ? port_read((uint16_t)(w->at + off), width)
		     : memory_read((const volatile void *)(w->at + off), width);
}

void virtio_window_write(const struct virtio_window *w, size_t off, size_t width, uint32_t value)
{
	if (w->io)
		port_write((uint16_t)(w->at + off), width, value);
	else
		memory_write((volatile void *)(w->at + off), width, value);
}

static bool covers(const struct virtio_window *w, size_t off, size_t len)
{
	return off <= w->len && len <= w->len - off;
}

/* The width of the accesses that make up len bytes. */
static size_t unit(size_t len)
{
	return len == 8 ? 4 : len == 4 || len == 2 ? len : 1;
}

void virtio_window_get(const struct virtio_window *w, size_t off, void *value, size_t len)
{
	memset(value, 0, len);
	if (!covers(w, off, len))
		return;
	for (size_t i = 0; i < len; i += unit(len)) {
		uint32_t part = virtio_window_read(w, off + i, unit(len));

		memcpy((uint8_t *)value + i, &part, unit(len));
	}
}

void virtio_window_put(const struct virtio_window *w, size_t off, const void *value, size_t len)
{
	if (!covers(w, off, len))
		return;
	for (size_t i = 0; i < len; i += unit(len)) {
		uint32_t part = 0;

		memcpy(&part, (const uint8_t *)value + i, unit(len));
		virtio_window_write(w, off + i, unit(len), part);
	}
}
