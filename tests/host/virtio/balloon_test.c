/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balloon driver and the page allocator against a strict model host that takes pages for real, and one that lies.
 * Links: virtio/v*.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c
 * Links: kernel/page.c kernel/page_range.c kernel/memgiver.c kernel/param.c kernel/byte_ring.c kernel/wait.c
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/transports.c tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/balloon*.c
 */
#include "tests/host/model/balloon_model.h"
#include "tests/host/model/transports.h"
#include "kernel/memgiver.h"
#include "kernel/page.h"
#include "kernel/param.h"
#include "kernel/pci.h"
#include "kernel/thread.h"

#define BIT(n)  (1ull << (n))
#define TELL    BIT(VIRTIO_BALLOON_F_MUST_TELL_HOST)
#define STATS   BIT(VIRTIO_BALLOON_F_STATS_VQ)
#define OOM     BIT(VIRTIO_BALLOON_F_DEFLATE_ON_OOM)
#define HINT    BIT(VIRTIO_BALLOON_F_FREE_PAGE_HINT)
#define POISON  BIT(VIRTIO_BALLOON_F_PAGE_POISON)
#define REPORT  BIT(VIRTIO_BALLOON_F_PAGE_REPORTING)
#define ALL     (TELL | STATS | OOM | HINT | POISON | REPORT)
#define UNIT_BYTES (PAGE_UNIT * PAGE_SIZE)
#define UNITS   (MODEL_POOL_PAGES / PAGE_UNIT)

static struct model_balloon *b;

struct thread *thread_current(void)
{
	static struct thread self;

	return &self;
}

size_t vm_count_filled(void)
{
	return 42;
}

static void boot(uint64_t features)
{
	b = model_balloon_new(features);
	model_plug(&b->v);
	model_run();
}

static uint32_t actual(void)
{
	return model_balloon_config(b)->actual;
}

/* The balloon has all that it wants, and everybody knows. */
static void check_at(uint32_t pages)
{
	CHECK_EQ(b->taken, pages);
	CHECK_EQ(actual(), pages);
}

static void want(uint32_t pages)
{
	model_balloon_want(b, pages);
}

/* --- inflating and deflating --- */

RING_TEST(follows_the_target)
{
	size_t before;

	boot(STATS);
	before = page_count_free();
	for (unsigned i = 1; i < 12; i++) {
		want(i * 700);
		check_at(i * 700);
		CHECK(page_count_free() < before - i * 700 + 8);
	}
	model_shows("BAL-04");
	model_shows("BAL-06");
	want(3);
	check_at(3);
	want(0);
	check_at(0);
	CHECK_EQ(page_count_free(), before);
	model_shows("BAL-05");
	model_shows("BAL-09");
	model_shows("BAL-14");
	CHECK(b->actual_writes < b->deflates + b->inflates);
	model_shows("BAL-15");
}

MACHINE_TEST(a_thousand_cycles)
{
	size_t before;

	boot(OOM);
	before = page_count_free();
	for (unsigned i = 0; i < 1000 && !test_failures; i++) {
		want(i * 37 % 3000);
		check_at(i * 37 % 3000);
	}
	want(0);
	CHECK_EQ(page_count_free(), before);
}

MACHINE_TEST(keeps_a_reserve)
{
	boot(0);
	want(MODEL_POOL_PAGES);
	CHECK(b->taken > MODEL_POOL_PAGES * 94 / 100);
	CHECK(b->taken < MODEL_POOL_PAGES * 97 / 100);
	CHECK_EQ(actual(), b->taken);
	CHECK(page_alloc(16));
	want(UINT32_MAX);
	CHECK_EQ(actual(), b->taken);
}

/* What was not to be had comes as soon as it is free, but is not asked for all the time. */
MACHINE_TEST(tries_again)
{
	void *most;
	unsigned timers = 0;

	boot(0);
	most = page_alloc(4096);
	CHECK(most != NULL);
	want(6000);
	CHECK(b->taken < 4000);
	while (shim_now_ns < 100000000000ull && model_run_timer())
		timers++;
	CHECK(timers > 0 && timers < 12);
	page_free(most, 4096);
	CHECK(model_run_timer());
	check_at(6000);
	CHECK(!model_run_timer()); /* and then there is nothing to wait for */
}

MACHINE_TEST(pages_rest_until_they_are_acknowledged)
{
	boot(0);
	b->hold[VIRTIO_BALLOON_INFLATEQ] = true;
	want(900);
	CHECK_EQ(b->nheld, 1);
	want(0);                          /* not before the host has them */
	for (unsigned i = 0; i < 3000; i++) /* nobody gets them meanwhile */
		memset(page_alloc(1), 0x11, PAGE_SIZE);
	CHECK_EQ(b->deflates, 0);
	b->hold[VIRTIO_BALLOON_INFLATEQ] = false;
	model_balloon_release(b);
	model_run();
	check_at(0);
}

/* Takes pages until those that the host had are among them. */
static bool reuses(unsigned state)
{
	bool found = false;

	for (char *p; (p = page_alloc(1));) {
		found |= b->state[(p - b->pool) / PAGE_SIZE] == state;
		memset(p, 0x22, PAGE_SIZE);
	}
	return found;
}

RING_TEST(must_tell_host)
{
	boot(TELL);
	CHECK(model_accepted(&b->v, VIRTIO_BALLOON_F_MUST_TELL_HOST));
	model_shows("BAL-01");
	want(4000);
	b->hold[VIRTIO_BALLOON_DEFLATEQ] = true;
	want(0);
	CHECK(b->deflates > 0);
	CHECK(!reuses(PAGE_GOING));
	model_balloon_release(b);
	model_run();
	check_at(0);
}

MACHINE_TEST(need_not_tell_host)
{
	boot(0);
	want(4000);
	b->hold[VIRTIO_BALLOON_DEFLATEQ] = true;
	want(0);
	CHECK(reuses(PAGE_GOING));
	model_balloon_release(b);
	model_run();
	check_at(0);
	model_shows("BAL-11");
}

/* --- for a want of memory --- */

/* How much can be had in all. */
static size_t exhaust(void)
{
	size_t n = 0;

	while (page_alloc(1))
		n++;
	return n;
}

static void gives_when_memory_lacks(uint64_t features)
{
	size_t before;

	boot(OOM | features);
	CHECK(model_accepted(&b->v, VIRTIO_BALLOON_F_DEFLATE_ON_OOM));
	before = page_count_free();
	want(6000);
	check_at(6000);
	CHECK(exhaust() > before - 16);
	CHECK(!page_alloc(1));
	model_run();
	CHECK(b->taken < 16); /* it is not taken back at once */
	CHECK(b->inflates < 16);
}

RING_TEST(deflates_on_oom)
{
	gives_when_memory_lacks(0);
	model_shows("BAL-08");
}

MACHINE_TEST(deflates_on_oom_once_the_host_knows)
{
	gives_when_memory_lacks(TELL);
}

MACHINE_TEST(does_not_deflate_on_oom)
{
	boot(0);
	want(6000);
	check_at(6000);
	exhaust();
	check_at(6000);
	CHECK_EQ(b->deflates, 0);
	model_shows("BAL-07");
}

/* A host that never answers costs whoever lacks memory a second, and not for ever. */
MACHINE_TEST(silent_host)
{
	boot(OOM | TELL);
	want(6000);
	b->hold[VIRTIO_BALLOON_DEFLATEQ] = true;
	exhaust();
	CHECK(!page_alloc(1));
	CHECK(shim_now_ns < 20000000000ull);
}

/* --- recovery --- */

RING_TEST(recovers)
{
	size_t before;

	boot(ALL & ~POISON);
	before = page_count_free();
	want(5000);
	check_at(5000);
	model_needs_reset(&b->v);
	model_run();
	check_at(5000); /* given anew */
	b->hold[VIRTIO_BALLOON_INFLATEQ] = b->hold[VIRTIO_BALLOON_DEFLATEQ] = true;
	want(6000);
	model_needs_reset(&b->v);
	model_run();
	b->hold[VIRTIO_BALLOON_INFLATEQ] = b->hold[VIRTIO_BALLOON_DEFLATEQ] = false;
	model_balloon_release(b);
	model_run();
	want(0);
	check_at(0);
	CHECK_EQ(page_count_free(), before);
}

MACHINE_TEST(lost_with_its_pages_back)
{
	size_t before;

	boot(ALL & ~POISON);
	before = page_count_free();
	want(5000);
	b->v.fault.never_resets = true;
	model_needs_reset(&b->v);
	model_run();
	while (model_run_timer())
		;
	CHECK_EQ(page_count_free(), before);
	CHECK(exhaust() > 7000);
}

MACHINE_TEST(lies)
{
	size_t before;

	boot(ALL & ~POISON);
	before = page_count_free();
	for (unsigned fault = 1; fault < USED_FAULTS; fault++) {
		b->v.fault.used = fault;
		shim_now_ns += 11000000000ull;
		want(1000 + fault * 10);
		b->v.fault.used = 0;
		model_needs_reset(&b->v);
		want(2000 + fault * 10);
		check_at(2000 + fault * 10);
	}
	want(0);
	check_at(0);
	CHECK_EQ(page_count_free(), before);
}

/* --- statistics --- */

static uint64_t stat_of(enum virtio_balloon_tag tag)
{
	for (unsigned i = 0; i < b->nstats; i++)
		if (b->stat[i].tag == tag)
			return b->stat[i].val;
	return UINT64_MAX;
}

RING_TEST(statistics)
{
	uint64_t free;

	boot(STATS | OOM);
	CHECK(b->has_stats);
	model_shows("BAL-17");
	CHECK_EQ(stat_of(VIRTIO_BALLOON_S_MEMTOT), page_count_total() * PAGE_SIZE);
	CHECK_EQ(stat_of(VIRTIO_BALLOON_S_MINFLT), 42);
	CHECK_EQ(stat_of(VIRTIO_BALLOON_S_SWAP_OUT), 0);
	CHECK_EQ(stat_of(VIRTIO_BALLOON_S_HTLB_PGFAIL), UINT64_MAX);
	free = stat_of(VIRTIO_BALLOON_S_MEMFREE);
	CHECK_EQ(stat_of(VIRTIO_BALLOON_S_AVAIL), free);
	for (unsigned i = 0; i < 5; i++) {
		page_alloc(100);
		CHECK(model_balloon_ask_stats(b));
		model_run();
		CHECK(b->has_stats);
		CHECK_EQ(stat_of(VIRTIO_BALLOON_S_MEMFREE), free -= 100 * PAGE_SIZE);
	}
	model_shows("BAL-18");
	model_shows("BAL-21");
	model_shows("BAL-22");
	CHECK_EQ(b->answers, 6);
	model_needs_reset(&b->v);
	model_run();
	CHECK(b->has_stats);
	CHECK(model_balloon_ask_stats(b));
}

/* --- hints --- */

RING_TEST(hints)
{
	size_t before;
	unsigned hinted;

	boot(HINT);
	page_free(page_alloc(4096), 4096); /* memory that was in use */
	before = page_count_free();
	model_balloon_command(b, 2);
	CHECK(b->announced == 2 && b->stopped);
	CHECK(b->hinted >= 4096 / PAGE_UNIT);
	CHECK(page_count_free() <= before - 4096);
	model_shows("BAL-27");
	model_shows("BAL-29");
	model_balloon_command(b, VIRTIO_BALLOON_CMD_ID_DONE);
	CHECK_EQ(page_count_free(), before);
	model_shows("BAL-33");
	hinted = b->hinted;
	model_balloon_command(b, 3);
	CHECK_EQ(b->announced, 3);
	CHECK(b->hinted > hinted);
	model_balloon_command(b, VIRTIO_BALLOON_CMD_ID_DONE);
	CHECK_EQ(page_count_free(), before);
	for (size_t i = 0; i < 16; i++) /* whatever is in them */
		page_free(page_alloc(1u << i % 10), 1u << i % 10);
	CHECK_EQ(page_count_free(), before);
	model_shows("BAL-31");
}

MACHINE_TEST(hints_stop)
{
	unsigned hinted;
	size_t before;

	b = model_balloon_new(HINT);
	b->v.queue[VIRTIO_BALLOON_FREE_PAGE_VQ].max = 4;
	model_plug(&b->v);
	page_free(page_alloc(4096), 4096);
	before = page_count_free();
	b->hold[VIRTIO_BALLOON_FREE_PAGE_VQ] = true;
	model_balloon_command(b, 2);
	hinted = b->hinted;
	CHECK(hinted > 0 && hinted < 8);
	model_balloon_command(b, VIRTIO_BALLOON_CMD_ID_STOP);
	model_balloon_release(b);
	model_run();
	CHECK_EQ(b->hinted, hinted);
	CHECK(page_count_free() <= before - hinted * PAGE_UNIT); /* kept until the host is done */
	model_shows("BAL-28");
	model_balloon_command(b, VIRTIO_BALLOON_CMD_ID_DONE);
	CHECK_EQ(page_count_free(), before);
}

/* What is hinted is given for a want of memory, cleared, as it may not have been copied. */
MACHINE_TEST(hinted_pages_are_given)
{
	size_t before, n = 0;

	boot(HINT);
	page_free(page_alloc(4096), 4096);
	before = page_count_free();
	model_balloon_command(b, 2);
	for (char *p; (p = page_alloc(1)); n++)
		for (unsigned at = 64; at < PAGE_SIZE; at += 512)
			CHECK(p[at] != (char)MODEL_TAKEN);
	CHECK(n > before - 16);
	model_shows("BAL-30");
	model_shows("BAL-32");
	model_balloon_command(b, VIRTIO_BALLOON_CMD_ID_DONE);
}

/* --- reports --- */

/* As if an app had used most of the memory. */
static void use_most(void)
{
	static char *unit[UNITS];
	unsigned n = 0;

	for (; n < UNITS - 4; n++)
		memset(unit[n] = page_alloc(PAGE_UNIT), 0x33, UNIT_BYTES);
	while (n--)
		page_free(unit[n], PAGE_UNIT);
}

RING_TEST(reports)
{
	size_t before;
	char *p;

	boot(REPORT);
	CHECK_EQ(b->reports, 0); /* not while the machine boots */
	use_most();
	before = page_count_free();
	while (model_run_timer())
		;
	CHECK(b->reported >= UNITS - 6);
	CHECK_EQ(page_count_free(), before);
	b->reported = 0;
	for (unsigned i = 0; i < 500; i++)
		page_free(page_alloc(1 + i % 5), 1 + i % 5);
	CHECK(b->reported < 2 && !model_run_timer());
	model_shows("BAL-42");
	p = page_alloc(PAGE_UNIT * 2);
	CHECK(p != NULL);
	page_free(p, PAGE_UNIT * 2);
	while (model_run_timer())
		;
	CHECK(b->reported >= 2);
	model_shows("BAL-37");
	CHECK(exhaust() >= before);
	model_shows("FACT-29");
}

MACHINE_TEST(reports_where_the_text_says)
{
	b = model_balloon_new(REPORT);
	b->v.nqueues = 5;
	b->v.queue[4] = b->v.queue[3];
	b->v.queue[4].notify_off = 4;
	b->v.queue[3].max = 0;
	model_plug(&b->v);
	use_most();
	while (model_run_timer())
		;
	CHECK(b->reported > UNITS / 2);
}

/* What is out for a report comes back in time for whoever lacks it. */
MACHINE_TEST(reports_do_not_take_memory_away)
{
	size_t before;

	boot(REPORT | STATS);
	use_most();
	before = page_count_free();
	b->hold[3] = true;
	CHECK(model_run_timer());
	CHECK(b->nheld > 0);
	b->hold[3] = false;
	model_balloon_release(b);
	CHECK_EQ(exhaust(), before);
}

MACHINE_TEST(reports_of_a_host_that_resets)
{
	size_t before;

	boot(REPORT | HINT);
	use_most();
	before = page_count_free();
	b->hold[4] = b->hold[3] = true;
	model_balloon_command(b, 2);
	model_balloon_command(b, 0);
	CHECK(model_run_timer());
	CHECK(page_count_free() < before);
	model_needs_reset(&b->v);
	model_run();
	CHECK_EQ(page_count_free(), before);
	b->hold[4] = b->hold[3] = false;
	b->nheld = 0;
	while (model_run_timer())
		;
	CHECK(b->reported > UNITS / 2);
	CHECK_EQ(page_count_free(), before);
}

/* --- poison --- */

MACHINE_TEST(no_poison_unless_asked_for)
{
	boot(ALL);
	CHECK(!model_accepted(&b->v, VIRTIO_BALLOON_F_PAGE_POISON));
	CHECK(model_accepted(&b->v, VIRTIO_BALLOON_F_PAGE_REPORTING));
	model_shows("BAL-02");
}

MACHINE_TEST(poison)
{
	size_t poisoned = 0;

	param_init("hw.vtballoon.page_poison=0x6b");
	boot(ALL & ~TELL);
	CHECK(model_accepted(&b->v, VIRTIO_BALLOON_F_PAGE_POISON));
	CHECK(model_accepted(&b->v, VIRTIO_BALLOON_F_PAGE_REPORTING));
	model_shows("BAL-03");
	CHECK_EQ(model_balloon_config(b)->poison_val, 0x6b6b6b6b);
	want(5000);
	want(0);
	for (char *p; (p = page_alloc(1));) {
		CHECK(p[PAGE_SIZE - 1] != (char)MODEL_TAKEN);
		poisoned += p[PAGE_SIZE - 1] == 0x6b;
	}
	CHECK(poisoned >= 5000);
	model_shows("BAL-34");
}

MACHINE_TEST(poisoned_reports)
{
	param_init("hw.vtballoon.page_poison=0");
	boot(REPORT | POISON);
	use_most();
	while (model_run_timer())
		;
	CHECK(b->reported > UNITS / 2);
}

/* --- other ways to be connected --- */

static void in_some_way(void)
{
	size_t before;

	if (model_way->no_line)
		return; /* polled, it never comes to rest */
	b = model_balloon_new(ALL & ~POISON);
	b->lengths = model_way->legacy ? 0xffff : 0;
	model_plug(&b->v);
	before = page_count_free();
	want(3000);
	model_settle();
	check_at(3000);
	CHECK(model_balloon_ask_stats(b));
	model_settle();
	CHECK(b->has_stats);
	use_most();
	model_balloon_command(b, 2);
	model_settle();
	CHECK_EQ(b->announced, 2);
	model_balloon_command(b, VIRTIO_BALLOON_CMD_ID_DONE);
	want(0);
	model_settle();
	check_at(0);
	CHECK_EQ(page_count_free(), before);
	if (model_way->legacy)
		model_shows("BALL-02");
}

TEST(every_transport)
{
	model_in_each_way(in_some_way);
}

TEST_MAIN
