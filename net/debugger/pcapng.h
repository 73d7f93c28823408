/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captured frames as pcapng (draft-ietf-opsawg-pcapng): a section header, a description of each
 * interface, then a block for each frame. Each function writes at out, which has room, and returns
 * how many bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCAPNG_SECTION_BYTES   64u
#define PCAPNG_INTERFACE_BYTES 80u  /* at most, with a name of 16 bytes */
#define PCAPNG_STATISTICS_BYTES 64u

struct pcapng_frame {
	unsigned interface;
	uint64_t ns;              /* since 1970 */
	uint32_t len;             /* bytes of the frame, all of which are kept */
	bool out;
	uint64_t lost;            /* frames of this interface that were not kept since the one before */
};

size_t pcapng_section(uint8_t *out);
size_t pcapng_interface(uint8_t *out, const char *name, const uint8_t mac[static 6]);

/* The block is [head][frame's bytes][tail]; the whole has pcapng_frame_bytes(). */
size_t pcapng_frame_bytes(const struct pcapng_frame *);
size_t pcapng_frame_head(uint8_t *out, const struct pcapng_frame *);
size_t pcapng_frame_tail(uint8_t *out, const struct pcapng_frame *);

/* So many frames passed, so many of them were not kept. */
size_t pcapng_statistics(uint8_t *out, unsigned interface, uint64_t ns, uint64_t passed, uint64_t lost);
