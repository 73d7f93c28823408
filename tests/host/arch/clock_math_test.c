/* SPDX-License-Identifier: BSD-2-Clause */
/* Fixed-point factors, counters that wrap, and KVM's clock page. */
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/kvmclock_math.h"
#include "tests/host/test.h"
#include <math.h>

static uint64_t random64(void)
{
	return (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ rand();
}

TEST(scale_is_exact)
{
	CHECK_EQ(scale(1000, 1ull << 32), 1000);
	CHECK_EQ(scale(1000, 1ull << 31), 500);
	CHECK_EQ(scale(UINT64_MAX, 1ull << 32), UINT64_MAX);
	CHECK_EQ(scale(3, (1ull << 32) / 3), 0); /* rounds down */
}

/* Over all rates a TSC may have, a year is right to some parts in 10^9. */
TEST(factors_keep_their_precision)
{
	static const uint64_t hz[] = {
		1000000, 24000000, 100000000, 999999937, 2400000000, 4294967295, 4294967296, 5000000001,
	};

	for (unsigned i = 0; i < sizeof hz / sizeof hz[0]; i++) {
		uint64_t year_s = 31557600, factor = scale_factor(hz[i], NS_PER_S);
		uint64_t ns = scale(hz[i] * year_s, factor);

		CHECK(fabs((double)ns / (year_s * 1e9) - 1) < 5e-9);
	}
}

TEST(factors_of_long_spans)
{
	CHECK_EQ(scale_factor(1ull << 50, 1ull << 50), 1ull << 32);
	CHECK_EQ(scale_factor(UINT64_MAX, UINT64_MAX) >> 32, 1);
	CHECK(scale_factor(0, 1000) > 0); /* no division by zero */
	CHECK(scale_factor(1, UINT64_MAX) > 0);
}

TEST(unwrap_finds_the_nearest)
{
	srand(3);
	for (int i = 0; i < 100000; i++) {
		uint64_t mask = (1ull << (8 + rand() % 33)) - 1;
		uint64_t truth = random64() >> 10, error = random64() % (mask / 2);
		uint64_t expected = rand() & 1 ? truth + error : truth > error ? truth - error : 0;

		if (expected || truth < mask / 2)
			CHECK_EQ(clock_unwrap(truth & mask, expected, mask), truth);
	}
}

/*
 * The page as a host would fill it for this rate: the multiplier has its upper bit set, the shift
 * makes up for it.
 */
static struct pvclock page_for(double hz)
{
	struct pvclock p = { .tsc_timestamp = 1000, .system_time = 5 };
	double ns_per_tick = 1e9 / hz;

	while (ns_per_tick >= 1) {
		ns_per_tick /= 2;
		p.tsc_shift++;
	}
	while (ns_per_tick < 0.5) {
		ns_per_tick *= 2;
		p.tsc_shift--;
	}
	p.tsc_to_system_mul = (uint32_t)(ns_per_tick * 4294967296.0);
	return p;
}

TEST(kvmclock)
{
	static const double hz[] = { 1e8, 9.99e8, 1e9, 2.1e9, 3.999e9, 5e9 };

	for (unsigned i = 0; i < sizeof hz / sizeof hz[0]; i++) {
		struct pvclock p = page_for(hz[i]);
		uint64_t ns = pvclock_ns(&p, 1000 + (uint64_t)hz[i]) - 5;

		CHECK(fabs((double)ns / 1e9 - 1) < 1e-8);
		CHECK(fabs((double)pvclock_tsc_hz(&p) / hz[i] - 1) < 1e-6);
	}
	CHECK_EQ(pvclock_tsc_hz(&(struct pvclock){ 0 }), 0);
}

TEST_MAIN
