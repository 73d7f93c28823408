/* SPDX-License-Identifier: BSD-2-Clause */
/* See bus.h. */
#include "tests/host/model/bus.h"
#include "kernel/acpi.h"
#include "kernel/vm.h"
#include "kernel/x86_64/io.h"
#include "tests/host/model/machine.h"

struct acpi_info acpi;
uint64_t model_low_memory_end = 0x8000000;

void acpi_find_ecam(void)
{
}

struct acpi_device model_acpi_devices[8];
unsigned model_acpi_ndevices;

void acpi_find_devices(const char *hid, void (*found)(const struct acpi_device *))
{
	CHECK_STR(hid, "LNRO0005");
	for (unsigned i = 0; i < model_acpi_ndevices; i++)
		found(&model_acpi_devices[i]);
}

uint64_t vm_low_memory_end(void)
{
	return model_low_memory_end;
}

static struct model_function *functions;
static uint32_t config_address;
static bool ports;

static uint32_t get(const uint8_t *at, unsigned width)
{
	uint32_t v = 0;

	memcpy(&v, at, width);
	return v;
}

uint32_t model_config32(const struct model_function *f, unsigned off)
{
	return get(f->config + off, 4);
}

static uint16_t command(const struct model_function *f)
{
	return (uint16_t)get(f->config + 4, 2);
}

/* --- where things are --- */

static unsigned bus_of(const struct model_function *f)
{
	return f->bridge ? f->bridge->config[0x19] : 0;
}

/* Configuration accesses go down through bridges whose numbers cover the bus. */
static bool reachable(const struct model_function *f, unsigned bus)
{
	for (const struct model_function *b = f->bridge; b; b = b->bridge)
		if (b->config[0x19] == 0 || bus < b->config[0x19] || bus > b->config[0x1a])
			return false;
	return bus_of(f) == bus;
}

static struct model_function *locate(unsigned bus, unsigned slot, unsigned function)
{
	for (struct model_function *f = functions; f; f = f->next)
		if (f->slot == slot && f->function == function && reachable(f, bus))
			return f;
	return NULL;
}

uint64_t model_bus_bar_address(const struct model_function *f, unsigned bar)
{
	uint64_t address = model_config32(f, 0x10 + 4 * bar);

	if (f->bar[bar].io)
		return address & ~3ull;
	if (f->bar[bar].is64)
		address |= (uint64_t)model_config32(f, 0x14 + 4 * bar) << 32;
	return address & ~0xfull;
}

static bool forwards(const struct model_function *b, bool io, uint64_t a)
{
	uint64_t base, limit;

	if (!(command(b) & (io ? 1 : 2)))
		return false;
	if (io) {
		base = (uint64_t)(b->config[0x1c] & 0xf0) << 8;
		limit = (uint64_t)(b->config[0x1d] & 0xf0) << 8 | 0xfff;
	} else {
		base = (uint64_t)(get(b->config + 0x20, 2) & 0xfff0) << 16;
		limit = (uint64_t)(get(b->config + 0x22, 2) & 0xfff0) << 16 | 0xfffff;
	}
	return a >= base && a <= limit;
}

static bool answers(const struct model_function *f, unsigned bar, bool io, uint64_t a)
{
	uint64_t start = model_bus_bar_address(f, bar);

	if (!f->bar[bar].size || f->bar[bar].io != io || !(command(f) & (io ? 1 : 2)) || a < start || a - start >= f->bar[bar].size)
		return false;
	for (const struct model_function *b = f->bridge; b; b = b->bridge)
		if (!forwards(b, io, a))
			return false;
	return true;
}

/* The one BAR that answers at an address. Most accesses are where the last one was, and the search is long. */
static struct model_function *search_bar(bool io, uint64_t a, unsigned *bar)
{
	struct model_function *found = NULL;

	for (struct model_function *f = functions; f; f = f->next) {
		for (unsigned i = 0; i < 6; i++) {
			if (!answers(f, i, io, a))
				continue;
			if (found)
				model_refuse("two BARs answer at 0x%llx", (unsigned long long)a);
			found = f;
			*bar = i;
		}
	}
	return found;
}

static struct { struct model_function *f; unsigned bar; bool io; } last; /* until configuration space is written */

static struct model_function *find_bar(bool io, uint64_t a, unsigned *bar)
{
	if (!last.f || last.io != io || !answers(last.f, last.bar, io, a)) {
		last.f = search_bar(io, a, &last.bar);
		last.io = io;
	}
	*bar = last.bar;
	return last.f;
}

/* --- configuration space --- */

static bool aligned(uint64_t off, unsigned width)
{
	if (off % width)
		model_refuse("misaligned access of %u bytes at 0x%llx", width, (unsigned long long)off);
	return off % width == 0;
}

static uint32_t config_read(unsigned bus, unsigned slot, unsigned function, unsigned off, unsigned width)
{
	struct model_function *f = locate(bus, slot, function);

	if (!f || off + width > 256 || !aligned(off, width))
		return 0xffffffffu;
	if (off == 0)
		f->config_reads++;
	return get(f->config + off, width);
}

static void check_bar_write(const struct model_function *f, unsigned off)
{
	bool is_bridge = (f->config[0x0e] & 0x7f) == 1;

	if (off >= 0x10 && off < (is_bridge ? 0x18u : 0x28u) && (command(f) & 3))
		model_refuse("BAR register 0x%x written while the function decodes", off);
}

static void config_write(unsigned bus, unsigned slot, unsigned function, unsigned off, uint32_t value, unsigned width)
{
	struct model_function *f = locate(bus, slot, function);

	if (!f) {
		model_refuse("configuration write to %02x:%02x.%x, where nothing is", bus, slot, function);
		return;
	}
	if (off + width > 256 || !aligned(off, width))
		return;
	check_bar_write(f, off);
	last.f = NULL;
	for (unsigned i = 0; i < width; i++) {
		uint8_t mask = f->writable[off + i];

		f->config[off + i] = (uint8_t)((f->config[off + i] & ~mask) | (value >> 8 * i & mask));
	}
	if (f->config_written)
		f->config_written(f, off);
}

/* --- the processor's accesses --- */

static void install(void);

static bool in_ecam(uint64_t a)
{
	return acpi.necam && a >= acpi.ecam[0].address && a - acpi.ecam[0].address < (256ull << 20);
}

static struct model_region *regions;

void model_bus_add_region(struct model_region *r)
{
	install();
	r->next = regions;
	regions = r;
}

static struct model_region *find_region(uint64_t a)
{
	struct model_region *r = regions;

	while (r && (a < r->address || a - r->address >= r->size))
		r = r->next;
	return r;
}

static uint32_t mmio_read(const volatile void *address, unsigned width)
{
	uint64_t a = (uintptr_t)address, off;
	struct model_region *r = find_region(a);
	struct model_function *f;
	unsigned bar;

	if (r)
		return r->read(r, a - r->address, width);
	if (in_ecam(a)) {
		off = a - acpi.ecam[0].address;
		return config_read(off >> 20, off >> 15 & 31, off >> 12 & 7, off & 0xfff, width);
	}
	f = find_bar(false, a, &bar);
	if (!f || !aligned(a, width)) {
		model_refuse("read of %u bytes at 0x%llx, where nothing answers", width, (unsigned long long)a);
		return 0xffffffffu;
	}
	return f->bar[bar].read ? f->bar[bar].read(f, a - model_bus_bar_address(f, bar), width) : 0;
}

static void mmio_write(volatile void *address, uint32_t value, unsigned width)
{
	uint64_t a = (uintptr_t)address, off;
	struct model_region *r = find_region(a);
	struct model_function *f;
	unsigned bar;

	if (r) {
		r->write(r, a - r->address, value, width);
		return;
	}
	if (in_ecam(a)) {
		off = a - acpi.ecam[0].address;
		config_write(off >> 20, off >> 15 & 31, off >> 12 & 7, off & 0xfff, value, width);
		return;
	}
	f = find_bar(false, a, &bar);
	if (!f || !aligned(a, width))
		model_refuse("write of %u bytes at 0x%llx, where nothing answers", width, (unsigned long long)a);
	else if (f->bar[bar].write)
		f->bar[bar].write(f, a - model_bus_bar_address(f, bar), value, width);
}

static bool config_data(uint16_t port, unsigned *bus, unsigned *slot, unsigned *function, unsigned *off)
{
	*bus = config_address >> 16 & 0xff;
	*slot = config_address >> 11 & 31;
	*function = config_address >> 8 & 7;
	*off = (config_address & 0xfc) + (port & 3);
	return (port & 0xfffc) == 0xcfc && config_address >> 31;
}

static struct model_function *find_port(uint16_t port, unsigned width, unsigned *bar)
{
	struct model_function *f = find_bar(true, port, bar);

	return f && aligned(port, width) ? f : NULL;
}

static uint32_t port_read(uint16_t port, unsigned width)
{
	unsigned bus, slot, function, off, bar;
	struct model_function *f = find_port(port, width, &bar);

	if (f)
		return f->bar[bar].read(f, port - model_bus_bar_address(f, bar), width);
	if (!ports)
		return 0xffffffffu;
	if (port == 0xcf8 && width == 4)
		return config_address;
	if (config_data(port, &bus, &slot, &function, &off))
		return config_read(bus, slot, function, off, width);
	return 0xffffffffu;
}

static void port_write(uint16_t port, uint32_t value, unsigned width)
{
	unsigned bus, slot, function, off, bar;
	struct model_function *f = find_port(port, width, &bar);

	if (f)
		f->bar[bar].write(f, port - model_bus_bar_address(f, bar), value, width);
	if (port == 0xcf8 && width == 4)
		config_address = value;
	else if (ports && config_data(port, &bus, &slot, &function, &off))
		config_write(bus, slot, function, off, value, width);
}

static void install(void)
{
	for (unsigned i = 0; i < 16; i++)
		acpi.isa_irq[i].gsi = i;
	shim_io = (struct shim_io){ .port_read = port_read, .port_write = port_write, .mmio_read = mmio_read, .mmio_write = mmio_write };
}

void model_bus_use_ecam(void)
{
	install();
	ports = true; /* a machine with an ECAM has them too; nobody should need them */
	acpi.necam = 1;
	acpi.ecam[0].address = MODEL_ECAM_BASE;
	acpi.ecam[0].bus_last = 255;
}

void model_bus_use_ports(void)
{
	install();
	ports = true;
	acpi.necam = 0;
}

/* --- building --- */

static void put(uint8_t *at, uint32_t value, unsigned width)
{
	memcpy(at, &value, width);
}

void model_bus_init_function(struct model_function *f, uint16_t vendor, uint16_t device, uint32_t class_code)
{
	put(f->config + 0x00, vendor, 2);
	put(f->config + 0x02, device, 2);
	put(f->config + 0x08, class_code << 8, 4);
	put(f->writable + 0x04, 0x0407, 2);
	f->writable[0x3c] = 0xff;
}

void model_bus_init_bridge(struct model_function *f, bool pcie_root_port)
{
	model_bus_init_function(f, 0x1b36, 0x000c, 0x060400);
	f->config[0x0e] = 1;
	put(f->writable + 0x18, 0xffffffff, 4);
	put(f->writable + 0x1c, 0xf0f0, 2);
	put(f->writable + 0x20, 0xfff0fff0, 4);
	put(f->writable + 0x24, 0xfff0fff0, 4);
	if (pcie_root_port)
		model_bus_add_capability(f, (uint8_t[]){ 0x10, 0, 0x42, 0x00 }, 4);
}

/* Which bits of BAR registers can be written says how large they are. */
static void set_bar_masks(struct model_function *f)
{
	for (unsigned i = 0; i < 6; i++) {
		struct model_bar *bar = &f->bar[i];
		unsigned off = 0x10 + 4 * i;

		if (!bar->size)
			continue;
		put(f->writable + off, (uint32_t)~(bar->size - 1), 4);
		f->config[off] |= bar->io ? 1 : bar->is64 ? 4 : 0;
		if (bar->is64)
			put(f->writable + off + 4, (uint32_t)(~(bar->size - 1) >> 32), 4);
	}
}

void model_bus_add(struct model_function *f)
{
	set_bar_masks(f);
	f->next = functions;
	functions = f;
}

unsigned model_bus_add_capability(struct model_function *f, const void *bytes, unsigned len)
{
	unsigned at = f->capabilities_end ? f->capabilities_end : 0x40;
	uint8_t *link = &f->config[0x34];

	while (*link)
		link = &f->config[*link + 1];
	*link = (uint8_t)at;
	f->config[0x06] |= 0x10;
	memcpy(f->config + at, bytes, len);
	f->config[at + 1] = 0;
	f->capabilities_end = (at + len + 3) & ~3u;
	return at;
}

void model_bus_firmware_bar(struct model_function *f, unsigned bar, uint64_t address)
{
	unsigned off = 0x10 + 4 * bar;

	put(f->config + off, (uint32_t)address | (f->config[off] & 0xf), 4);
	if (f->bar[bar].is64)
		put(f->config + off + 4, (uint32_t)(address >> 32), 4);
	f->config[0x04] |= f->bar[bar].io ? 1 : 2;
}

void model_bus_firmware_line(struct model_function *f, uint8_t isa)
{
	f->config[0x3c] = isa;
	f->config[0x3d] = 1;
}

/* Three times, so that a handler that leaves the line asserted is seen to. */
unsigned model_wire_assert(unsigned gsi, bool (*asserted)(void *), void *arg)
{
	unsigned raised = 0;

	while (asserted(arg) && raised < 3 && shim_wire_raise(gsi))
		raised++;
	if (raised && asserted(arg))
		model_refuse("an interrupt line that nobody takes care of");
	return raised;
}

unsigned model_bus_interrupt(struct model_function *f, bool (*asserted)(void *), void *arg)
{
	return command(f) & 0x400 || !f->config[0x3d] ? 0 : model_wire_assert(f->config[0x3c], asserted, arg);
}
