/* SPDX-License-Identifier: BSD-2-Clause */
/* The ChaCha20 block function. Source: RFC 8439, section 2.3. */
#pragma once

#include <stdint.h>

#define CHACHA20_KEY_WORDS   8
#define CHACHA20_BLOCK_WORDS 16

/* out: 64 bytes of key stream. tail: block counter and 96-bit nonce, state words 12 to 15. */
void chacha20_block(uint32_t out[CHACHA20_BLOCK_WORDS], const uint32_t key[CHACHA20_KEY_WORDS], const uint32_t tail[4]);
