/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Initial sequence numbers as RFC 6528 has them: a clock of 4 us plus a keyed hash of the
 * connection's addresses and ports. The same four give numbers that grow, so that a new connection
 * does not meet segments of the old one; without the key nobody can guess them. The hash is
 * SipHash-2-4 (Aumasson and Bernstein, 2012) over the sixteen bytes there are to hash.
 */
#include "kernel/clock.h"
#include "kernel/random.h"
#include "lwip/opt.h"
#include "net/lwip/include/hooks.h"
#include <stdbool.h>

#define TICK_NS 4096 /* near enough to RFC 6528's 4 us, and a shift */

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

static uint64_t siphash(const uint64_t key[2], uint64_t a, uint64_t b)
{
	struct sip s = {
		key[0] ^ 0x736f6d6570736575ull, key[1] ^ 0x646f72616e646f6dull,
		key[0] ^ 0x6c7967656e657261ull, key[1] ^ 0x7465646279746573ull,
	};

	sip_word(&s, a);
	sip_word(&s, b);
	sip_word(&s, 16ull << 56);
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/*
 * The key is drawn at the first connection: by then the sources of randomness have had their say.
 * Called under net_lock.
 */
static const uint64_t *secret(void)
{
	static uint64_t key[2];
	static bool drawn;

	if (!drawn)
		random_bytes(key, sizeof(key));
	drawn = true;
	return key;
}

u32_t net_tcp_isn(const ip_addr_t *local, u16_t local_port,
		  const ip_addr_t *remote, u16_t remote_port)
{
	uint64_t high = ip_addr_get_ip4_u32(local), low = ip_addr_get_ip4_u32(remote);
	uint64_t ports = (uint64_t)local_port << 16 | remote_port;

	return (u32_t)(siphash(secret(), high << 32 | low, ports) + clock_now_ns() / TICK_NS);
}

u32_t net_random_u32(void)
{
	return (u32_t)random_u64();
}
