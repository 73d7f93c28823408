/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UEFI way in: an application (UEFI 2.10, chapter 2.1.2) that carries the image, collects what struct boot_info asks for, leaves the
 * firmware and jumps to the image's 64-bit entry. main.c is the order of events.
 */
#pragma once

#include "boot/boot.h"
#include <efi.h>
#include <efilib.h>

/* The image: an ELF64 put into the loader by payload.S. */
extern const uint8_t payload_start[], payload_end[];

/* A stretch of physical memory. */
struct range {
	uint64_t base, end;
};

/* What is to be copied once the firmware is gone: its own memory may lie where the image belongs. */
#define PIECES_MAX 8

struct piece {
	uint64_t to, from, len, zeroes; /* zeroes: bytes cleared behind the copy */
};

/* Read by jump.S, which runs from a copy of itself beside this struct. */
struct handover {
	uint64_t page_table, stack, boot_info, entry;
	uint64_t pieces;
	struct piece piece[PIECES_MAX];
};

extern const uint8_t jump_start[], jump_end[];

/*
 * Reads the ELF file: fills pieces (from: into the payload) and entry, and tells the memory the image wants.
 * EFI_LOAD_ERROR: not an image of ours, or a damaged one.
 */
EFI_STATUS payload_read(struct handover *, struct range *wanted);

/* Whole pages below 4 GiB that do not touch avoid; NULL: there are none. */
void *allocate_outside(struct range avoid, uint64_t bytes, EFI_MEMORY_TYPE);

/* Whether wanted is RAM that is free once the firmware has gone. */
BOOLEAN memory_is_ram(struct range wanted);

/* Adds the firmware's final memory map and leaves the firmware: after success no service may be called. */
EFI_STATUS memory_leave_firmware(EFI_HANDLE loader, struct boot_info *);

/*
 * The command line: the load options, or else the first line of cmdline.txt in the loader's own folder, or else "".
 * Written as ASCII to text, cut off at size - 1 bytes.
 */
void cmdline_read(EFI_LOADED_IMAGE *, char *text, UINTN size);
