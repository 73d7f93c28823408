/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk image whose every sector is different, and a disk against it. */
#pragma once

#include "kernel/blkdev.h"
#include <stdint.h>

#define IMAGE_SECTORS 4096u

struct image {
	int fd;
	uint64_t sectors;
	uint8_t *buffer; /* in the machine's RAM, as long as the image */
};

/* The file, and QEMU's block device node of the name "disk". Before the machine boots. */
void image_make(struct image *, uint64_t sectors);

void image_check_read(struct image *, struct blkdev *, uint64_t sector, uint64_t nsectors);
void image_check_write(struct image *, struct blkdev *, uint64_t sector, uint64_t nsectors);
