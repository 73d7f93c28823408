/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The random generator: ChaCha20 with fast key erasure. Each request turns the key into one block: half of it is the next key, half keys this request's own
 * stream. So what was given out cannot be computed from the state found later, and the lock is held for one block whatever the length.
 * Sources' bytes are folded into the key, each fold followed by a block, so that a source that lies cannot undo another.
 */
#include "kernel/random.h"
#include "kernel/chacha20.h"
#include "kernel/clock.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include <errno.h>
#include <string.h>

#define SEED_BITS    256u
#define RESEED_BYTES (1u << 20)         /* given out between two asks of the sources, */
#define RESEED_NS    300000000000ull    /* or so much time */
#define JITTER_NS    1000000ull         /* sleep from which a thread wakes at a time that nobody knows */

static struct spinlock lock = SPINLOCK_INIT;
static uint32_t key[CHACHA20_KEY_WORDS];
static uint64_t requests;           /* part of the nonce: no two blocks from one key */
static unsigned bits_gathered;
static size_t given_out;
static uint64_t asked_ns;               /* when the sources were last asked */
static struct random_source *_Atomic sources; /* a list that only grows */

/* Replaces the key; spare gets the other half of the block. The lock is held. */
static void turn_key(uint32_t spare[CHACHA20_KEY_WORDS])
{
	uint32_t tail[4] = { 0, 0, (uint32_t)requests, (uint32_t)(requests >> 32) };
	uint32_t block[CHACHA20_BLOCK_WORDS];

	requests++;
	chacha20_block(block, key, tail);
	memcpy(key, block, sizeof key);
	memcpy(spare, block + CHACHA20_KEY_WORDS, CHACHA20_KEY_WORDS * sizeof *spare);
}

static void stream(uint8_t *out, size_t len, const uint32_t stream_key[CHACHA20_KEY_WORDS])
{
	for (uint64_t i = 0; len; i++) {
		uint32_t tail[4] = { (uint32_t)i, (uint32_t)(i >> 32), 0, 0 };
		uint32_t block[CHACHA20_BLOCK_WORDS];
		size_t n = len < sizeof block ? len : sizeof block;

		chacha20_block(block, stream_key, tail);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
}

/* Whether so much was given out, or so long ago, that the key should not be all there is. */
static bool is_stale(size_t len)
{
	given_out += len;
	if (given_out < RESEED_BYTES && clock_now_ns() - asked_ns < RESEED_NS)
		return false;
	given_out = 0;
	asked_ns = clock_now_ns();
	return true;
}

/* The devices' answers come later; the CPU's at once. */
static void ask_sources(void)
{
	for (struct random_source *source = sources; source; source = source->next)
		source->ask(source);
	random_init();
}

void random_bytes(void *buf, size_t len)
{
	uint32_t own[CHACHA20_KEY_WORDS];
	irq_state s = spin_lock(&lock);
	bool stale;

	turn_key(own);
	stale = is_stale(len);
	spin_unlock(&lock, s);
	if (len <= sizeof own)
		memcpy(buf, own, len);
	else
		stream(buf, len, own);
	if (stale)
		ask_sources();
}

uint64_t random_u64(void)
{
	uint64_t v;

	random_bytes(&v, sizeof v);
	return v;
}

int random_seeded(void)
{
	return bits_gathered >= SEED_BITS;
}

void random_add(const void *buf, size_t len, unsigned bits)
{
	const uint8_t *in = buf;
	uint32_t spare[CHACHA20_KEY_WORDS];
	irq_state s = spin_lock(&lock);

	while (len) {
		size_t n = len < sizeof key ? len : sizeof key;

		for (size_t i = 0; i < n; i++)
			((uint8_t *)key)[i] ^= in[i];
		turn_key(spare);
		in += n;
		len -= n;
	}
	bits_gathered = bits_gathered + bits < SEED_BITS ? bits_gathered + bits : SEED_BITS;
	spin_unlock(&lock, s);
}

/*
 * Where no device and no instruction has answered, sleep is the last resort: each end of it tells a
 * bit of when this CPU, its timer and the host's scheduler meet.
 */
int random_wait(bool may_sleep)
{
	while (!random_seeded()) {
		uint64_t then = cpu_tsc();

		if (!may_sleep)
			return -EAGAIN;
		thread_sleep_until(clock_now_ns() + JITTER_NS);
		then = cpu_tsc() - then;
		random_add(&then, sizeof then, 1);
	}
	return 0;
}

void random_source_register(struct random_source *source)
{
	irq_state s = spin_lock(&lock);

	source->next = sources;
	sources = source;
	spin_unlock(&lock, s);
}

void random_init(void)
{
	uint64_t seed[4];
	unsigned bits, vouched = 0;

	for (unsigned i = 0; i < 4; i++) {
		seed[i] = cpu_random_u64(&bits) ^ cpu_tsc();
		vouched += bits;
	}
	random_add(seed, sizeof seed, vouched);
}
