/* SPDX-License-Identifier: BSD-2-Clause */
/* Host stand-in for port and register access: every access goes through a model device, which may check it. */
#pragma once

#include <stdint.h>

/* width is 1, 2 or 4. NULL: ports read as all ones and writes vanish; memory is read and written as it is. */
struct shim_io {
	uint32_t (*port_read)(uint16_t port, unsigned width);
	void (*port_write)(uint16_t port, uint32_t value, unsigned width);
	uint32_t (*mmio_read)(const volatile void *, unsigned width);
	void (*mmio_write)(volatile void *, uint32_t value, unsigned width);
};

extern struct shim_io shim_io;

uint32_t shim_port_read(uint16_t port, unsigned width);
void shim_port_write(uint16_t port, uint32_t value, unsigned width);
uint32_t shim_mmio_read(const volatile void *, unsigned width);
void shim_mmio_write(volatile void *, uint32_t value, unsigned width);

static inline void outb(uint16_t port, uint8_t v) { shim_port_write(port, v, 1); }
static inline void outw(uint16_t port, uint16_t v) { shim_port_write(port, v, 2); }
static inline void outl(uint16_t port, uint32_t v) { shim_port_write(port, v, 4); }
static inline uint8_t inb(uint16_t port) { return (uint8_t)shim_port_read(port, 1); }
static inline uint16_t inw(uint16_t port) { return (uint16_t)shim_port_read(port, 2); }
static inline uint32_t inl(uint16_t port) { return shim_port_read(port, 4); }

static inline uint8_t mmio_read8(const volatile void *a) { return (uint8_t)shim_mmio_read(a, 1); }
static inline uint16_t mmio_read16(const volatile void *a) { return (uint16_t)shim_mmio_read(a, 2); }
static inline uint32_t mmio_read32(const volatile void *a) { return shim_mmio_read(a, 4); }
static inline void mmio_write8(volatile void *a, uint8_t v) { shim_mmio_write(a, v, 1); }
static inline void mmio_write16(volatile void *a, uint16_t v) { shim_mmio_write(a, v, 2); }
static inline void mmio_write32(volatile void *a, uint32_t v) { shim_mmio_write(a, v, 4); }
