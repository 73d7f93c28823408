/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory, as the firmware sees it. Source: UEFI 2.10, sections 7.2 (memory services) and 7.4.6 (ExitBootServices). */
#include "boot/efi/loader.h"

#define BELOW_4G   0xffffffffull
#define TRIES_MAX  64
#define MAP_SPARE  16 /* descriptors: reading the map may itself add some */

/* The firmware's map: descriptors are map.size apart, which may be more than sizeof. */
struct map {
	EFI_MEMORY_DESCRIPTOR *first;
	UINTN len, size, key;
};

static EFI_MEMORY_DESCRIPTOR *next(const struct map *map, EFI_MEMORY_DESCRIPTOR *d)
{
	return (void *)((uint8_t *)d + map->size);
}

static BOOLEAN is_end(const struct map *map, const EFI_MEMORY_DESCRIPTOR *d)
{
	return (const uint8_t *)d >= (const uint8_t *)map->first + map->len;
}

static EFI_STATUS map_read(struct map *map, UINTN capacity)
{
	UINT32 version;

	map->len = capacity;
	return uefi_call_wrapper(BS->GetMemoryMap, 5, &map->len, map->first, &map->key, &map->size, &version);
}

/* Reserves room first, as no memory can be had between the last reading of the map and ExitBootServices. */
static EFI_STATUS map_allocate(struct map *map, UINTN *capacity)
{
	map->first = NULL;
	if (map_read(map, 0) != EFI_BUFFER_TOO_SMALL)
		return EFI_DEVICE_ERROR;
	*capacity = map->len + MAP_SPARE * map->size;
	map->first = AllocatePool(*capacity);
	return map->first ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

static enum e820_type e820_of(UINT32 type)
{
	switch (type) {
	case EfiConventionalMemory:
	case EfiLoaderCode:
	case EfiBootServicesCode:
	case EfiBootServicesData:
		return E820_RAM;
	case EfiACPIReclaimMemory:
		return E820_ACPI;
	case EfiACPIMemoryNVS:
		return E820_NVS;
	default: /* EfiLoaderData too: there is what we hand over */
		return E820_RESERVED;
	}
}

BOOLEAN memory_is_ram(struct range wanted)
{
	struct map map;
	UINTN capacity;
	uint64_t covered = 0;

	if (map_allocate(&map, &capacity) != EFI_SUCCESS || map_read(&map, capacity) != EFI_SUCCESS)
		return FALSE;
	for (EFI_MEMORY_DESCRIPTOR *d = map.first; !is_end(&map, d); d = next(&map, d)) {
		uint64_t base = d->PhysicalStart, end = base + d->NumberOfPages * EFI_PAGE_SIZE;

		if (e820_of(d->Type) != E820_RAM && d->Type != EfiLoaderData)
			continue;
		base = base > wanted.base ? base : wanted.base;
		end = end < wanted.end ? end : wanted.end;
		covered += end > base ? end - base : 0;
	}
	FreePool(map.first);
	return covered == wanted.end - wanted.base;
}

/* The firmware gives from the top down; what it gives in the wrong place is kept until the right place is found, so that it is not given again. */
void *allocate_outside(struct range avoid, uint64_t bytes, EFI_MEMORY_TYPE type)
{
	UINTN pages = EFI_SIZE_TO_PAGES(bytes);
	EFI_PHYSICAL_ADDRESS held[TRIES_MAX];
	void *found = NULL;
	unsigned n;

	for (n = 0; n < TRIES_MAX && !found; n++) {
		held[n] = BELOW_4G;
		if (uefi_call_wrapper(BS->AllocatePages, 4, AllocateMaxAddress, type, pages, &held[n]) != EFI_SUCCESS)
			break;
		if (held[n] >= avoid.end || held[n] + pages * EFI_PAGE_SIZE <= avoid.base)
			found = (void *)held[n];
	}
	for (unsigned i = 0; i + (found != NULL) < n; i++)
		uefi_call_wrapper(BS->FreePages, 2, held[i], pages);
	return found;
}

EFI_STATUS memory_leave_firmware(EFI_HANDLE loader, struct boot_info *boot)
{
	struct map map;
	UINTN capacity;
	EFI_STATUS status = map_allocate(&map, &capacity);

	if (status != EFI_SUCCESS)
		return status;
	/* A timer of the firmware may change the map between the two calls; the second time nothing runs any more. */
	for (int tries = 0; tries < 2; tries++) {
		status = map_read(&map, capacity);
		if (status == EFI_SUCCESS)
			status = uefi_call_wrapper(BS->ExitBootServices, 2, loader, map.key);
		if (status == EFI_SUCCESS)
			break;
	}
	if (status != EFI_SUCCESS)
		return status;
	for (EFI_MEMORY_DESCRIPTOR *d = map.first; !is_end(&map, d); d = next(&map, d))
		boot_add_memory(boot, d->PhysicalStart, d->NumberOfPages * EFI_PAGE_SIZE, e820_of(d->Type));
	return EFI_SUCCESS;
}
