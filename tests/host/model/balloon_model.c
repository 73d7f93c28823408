/* SPDX-License-Identifier: BSD-2-Clause */
/* See balloon_model.h. */
#include "tests/host/model/balloon_model.h"
#include "kernel/page.h"
#include <sys/mman.h>

#define BIT(n) (1ull << (n))
#define UNIT   (2ull << 20)

static struct model_balloon *model(struct model_virtio *v)
{
	return (struct model_balloon *)v;
}

static void answer(struct model_balloon *b, unsigned queue, const struct model_chain *c)
{
	model_ring_push(&b->v, queue, c, b->lengths ? b->lengths : (uint32_t)c->writable_bytes);
}

/* --- pages --- */

static uint64_t *page_of(struct model_balloon *b, unsigned i)
{
	return (uint64_t *)(b->pool + (size_t)i * PAGE_SIZE);
}

/* The host takes it away: what it held is gone. */
static void take(struct model_balloon *b, unsigned i)
{
	memset(page_of(b, i), MODEL_TAKEN, PAGE_SIZE);
}

static bool as_taken(struct model_balloon *b, unsigned i)
{
	const uint8_t *p = (const uint8_t *)page_of(b, i);

	return p[0] == MODEL_TAKEN && p[8] == MODEL_TAKEN && p[PAGE_SIZE - 1] == MODEL_TAKEN;
}

/* Of the page numbers in a chain, number i as an index of the pool; -1: nonsense, which is refused. */
static int index_of(struct model_balloon *b, const struct model_chain *c, unsigned i)
{
	uint32_t pfn;
	uint64_t at;

	model_chain_read(c, i * 4, &pfn, 4);
	at = (uint64_t)pfn << VIRTIO_BALLOON_PFN_SHIFT;
	if (!RULE("FACT-28", at >= (uintptr_t)b->pool && at < (uintptr_t)page_of(b, MODEL_POOL_PAGES), "page number 0x%x is of no memory", pfn))
		return -1;
	return (int)((at - (uintptr_t)b->pool) / PAGE_SIZE);
}

/* Each page of the chain goes from one state to the next. */
static void each(struct model_balloon *b, const struct model_chain *c, void (*visit)(struct model_balloon *, unsigned))
{
	for (unsigned i = 0; i < c->readable_bytes / 4; i++) {
		int at = index_of(b, c, i);

		if (at >= 0)
			visit(b, (unsigned)at);
	}
}

static void inflate_comes(struct model_balloon *b, unsigned i)
{
	if (b->state[i] != PAGE_GUESTS)
		model_refuse("page %u inflated, which is in the balloon", i);
	b->state[i] = PAGE_COMING;
	b->first[i] = *page_of(b, i);
}

static void inflate_done(struct model_balloon *b, unsigned i)
{
	RULE("BAL-12", *page_of(b, i) == b->first[i], "page %u used before its inflation was acknowledged", i);
	b->state[i] = PAGE_TAKEN;
	b->taken++;
	take(b, i);
}

static void deflate_comes(struct model_balloon *b, unsigned i)
{
	RULE("BAL-13", b->state[i] != PAGE_COMING, "page %u deflated before its inflation was acknowledged", i);
	if (b->state[i] != PAGE_TAKEN)
		model_refuse("page %u deflated, which is not in the balloon", i);
	b->state[i] = PAGE_GOING;
	b->taken--;
}

static void deflate_done(struct model_balloon *b, unsigned i)
{
	if (model_accepted(&b->v, VIRTIO_BALLOON_F_MUST_TELL_HOST))
		RULE("BAL-10", as_taken(b, i), "page %u used before its deflation was acknowledged", i);
	b->state[i] = PAGE_GUESTS;
}

static bool only_numbers(const struct model_chain *c)
{
	if (c->writable_bytes == 0 && c->readable_bytes && c->readable_bytes % 4 == 0)
		return true;
	model_refuse("%u pieces, %llu bytes to write: no page numbers", c->n, (unsigned long long)c->writable_bytes);
	return false;
}

static void numbers_come(struct model_balloon *b, unsigned queue, const struct model_chain *c)
{
	bool inflate = queue == VIRTIO_BALLOON_INFLATEQ;

	if (!only_numbers(c))
		return;
	*(inflate ? &b->inflates : &b->deflates) += 1;
	each(b, c, inflate ? inflate_comes : deflate_comes);
}

/* --- statistics --- */

static void stats_come(struct model_balloon *b, const struct model_chain *c)
{
	struct virtio_balloon_stat stat[16];
	unsigned n = (unsigned)(c->readable_bytes / sizeof stat[0]), seen = 0;

	RULE("BAL-16", !b->has_stats, "a second buffer of statistics");
	RULE("BAL-20", c->readable_bytes % sizeof stat[0] == 0, "%llu bytes of statistics", (unsigned long long)c->readable_bytes);
	if (n == 0 || n > 16 || c->writable_bytes) {
		model_refuse("%u statistics", n);
		return;
	}
	model_chain_read(c, 0, stat, n * sizeof stat[0]);
	for (unsigned i = 0; i < n; i++) {
		RULE("BAL-19", stat[i].tag < 16 && !(seen >> stat[i].tag & 1), "tag %u, twice or unknown", stat[i].tag);
		seen |= 1u << stat[i].tag;
		if (b->v.legacy)
			RULE("BALL-04", stat[i].val < 1ull << 40, "statistic %u is 0x%llx", stat[i].tag, (unsigned long long)stat[i].val);
		if (b->answers)
			RULE("BAL-23", i < b->nstats && stat[i].tag == b->stat[i].tag, "tag %u was not there before", stat[i].tag);
	}
	memcpy(b->stat, stat, sizeof stat);
	b->nstats = n;
	b->answers++;
	b->has_stats = true;
	b->stats = *c;
}

bool model_balloon_ask_stats(struct model_balloon *b)
{
	if (!b->has_stats)
		return false;
	b->has_stats = false;
	answer(b, VIRTIO_BALLOON_STATSQ, &b->stats);
	return true;
}

/* --- hints and reports --- */

static void word_comes(struct model_balloon *b, const struct model_chain *c)
{
	uint32_t word = 0, command = model_balloon_config(b)->free_page_hint_cmd_id;

	if (!RULE("BAL-24", c->readable_bytes == 4 && c->writable_bytes == 0, "%llu bytes of command", (unsigned long long)c->readable_bytes))
		return;
	model_chain_read(c, 0, &word, 4);
	if (b->v.legacy)
		RULE("BALL-05", word < 256, "command 0x%x", word);
	if (word == VIRTIO_BALLOON_CMD_ID_STOP) {
		b->stopped = true;
		return;
	}
	RULE("BAL-26", word != b->announced, "command %u announced twice", word);
	if (word != command && command > VIRTIO_BALLOON_CMD_ID_DONE && !b->v.config_pending)
		model_refuse("command %u announced, not %u", word, command);
	b->announced = word;
	b->stopped = false;
}

/* Whole units, which the host takes, or does not copy. */
static void units_come(const struct model_chain *c, unsigned *count)
{
	if (c->readable)
		model_refuse("free memory that is to be read");
	for (unsigned i = 0; i < c->n; i++) {
		RULE("BAL-41", c->piece[i].len >= UNIT && (uintptr_t)c->piece[i].addr % UNIT == 0, "%u bytes at %p", c->piece[i].len,
		     (void *)c->piece[i].addr);
		*count += c->piece[i].len / (uint32_t)UNIT;
	}
}

static bool holds(const struct model_chain *c, int byte)
{
	for (unsigned i = 0; i < c->n; i++)
		for (uint32_t at = 0; at < c->piece[i].len; at += 509)
			if (c->piece[i].addr[at] != (uint8_t)byte)
				return false;
	return true;
}

static void scribble(const struct model_chain *c, int byte)
{
	for (unsigned i = 0; i < c->n; i++)
		memset(c->piece[i].addr, byte, c->piece[i].len);
}

static void hint_comes(struct model_balloon *b, const struct model_chain *c)
{
	if (c->readable) {
		word_comes(b, c);
		return;
	}
	RULE("BAL-25", b->announced > VIRTIO_BALLOON_CMD_ID_DONE && !b->stopped, "a hint outside of a dialogue");
	units_come(c, &b->hinted);
	scribble(c, MODEL_TAKEN);
}

static void report_comes(struct model_balloon *b, const struct model_chain *c)
{
	RULE("BAL-40", b->v.status & VIRTIO_STATUS_DRIVER_OK, "a report before DRIVER_OK");
	if (model_accepted(&b->v, VIRTIO_BALLOON_F_PAGE_POISON))
		RULE("BAL-38", holds(c, model_balloon_config(b)->poison_val & 0xff), "reported without the poison in it");
	else
		scribble(c, MODEL_TAKEN);
	b->reports++;
	units_come(c, &b->reported);
}

static void report_done(struct model_balloon *b, const struct model_chain *c)
{
	if (!model_accepted(&b->v, VIRTIO_BALLOON_F_PAGE_POISON))
		RULE("BAL-39", holds(c, MODEL_TAKEN), "used before the report was acknowledged");
}

/* --- serving --- */

static unsigned hint_queue(const struct model_balloon *b)
{
	return b->v.offered >> VIRTIO_BALLOON_F_FREE_PAGE_HINT & 1 ? VIRTIO_BALLOON_FREE_PAGE_VQ : MODEL_QUEUES;
}

static void done(struct model_balloon *b, unsigned queue, const struct model_chain *c)
{
	if (queue == VIRTIO_BALLOON_INFLATEQ)
		each(b, c, inflate_done);
	else if (queue == VIRTIO_BALLOON_DEFLATEQ)
		each(b, c, deflate_done);
	else if (queue != hint_queue(b))
		report_done(b, c);
	answer(b, queue, c);
}

static void serve(struct model_virtio *v, unsigned queue, struct model_chain *c)
{
	struct model_balloon *b = model(v);

	if (queue == VIRTIO_BALLOON_STATSQ) {
		stats_come(b, c);
		return;
	}
	if (queue <= VIRTIO_BALLOON_DEFLATEQ)
		numbers_come(b, queue, c);
	else if (queue == hint_queue(b))
		hint_comes(b, c);
	else
		report_comes(b, c);
	if (b->hold[queue] && b->nheld < 64) {
		b->held[b->nheld].queue = queue;
		b->held[b->nheld++].chain = *c;
	} else {
		done(b, queue, c);
	}
}

void model_balloon_release(struct model_balloon *b)
{
	unsigned n = b->nheld;

	b->nheld = 0;
	for (unsigned i = 0; i < n; i++)
		done(b, b->held[i].queue, &b->held[i].chain);
}

/* 2.4: what the device had is the driver's again. */
static void reset(struct model_virtio *v)
{
	struct model_balloon *b = model(v);

	memset(b->state, PAGE_GUESTS, sizeof b->state);
	b->taken = b->nheld = b->answers = 0;
	b->has_stats = false;
	b->announced = 0;
	b->stopped = false;
}

/* --- configuration --- */

static const struct model_field fields[] = {
	{ offsetof(struct virtio_balloon_config, num_pages), 4, 1, -1, false },
	{ offsetof(struct virtio_balloon_config, actual), 4, 1, -1, true },
	{ offsetof(struct virtio_balloon_config, free_page_hint_cmd_id), 4, 1, VIRTIO_BALLOON_F_FREE_PAGE_HINT, false },
	{ offsetof(struct virtio_balloon_config, poison_val), 4, 1, VIRTIO_BALLOON_F_PAGE_POISON, true },
	{ 0 },
};

struct virtio_balloon_config *model_balloon_config(struct model_balloon *b)
{
	return (struct virtio_balloon_config *)b->v.config;
}

static void written(struct model_virtio *v, unsigned off, unsigned width)
{
	struct model_balloon *b = model(v);
	uint32_t actual = model_balloon_config(b)->actual;

	if (off == offsetof(struct virtio_balloon_config, poison_val)) {
		RULE("BAL-35", !(v->status & VIRTIO_STATUS_DRIVER_OK), "the poison is told too late");
		RULE("BAL-36", !(v->status & VIRTIO_STATUS_DRIVER_OK), "the poison is changed");
		return;
	}
	if (v->legacy) {
		RULE("BALL-03", width == 4, "%u bytes of actual", width);
		RULE("BALL-01", actual <= MODEL_POOL_PAGES, "actual is 0x%x", actual);
	}
	b->actual_writes++;
	if (actual > b->peak_actual)
		b->peak_actual = actual;
}

void model_balloon_want(struct model_balloon *b, uint32_t pages)
{
	model_balloon_config(b)->num_pages = pages;
	model_config_changed(&b->v);
	model_run();
}

void model_balloon_command(struct model_balloon *b, uint32_t id)
{
	model_balloon_config(b)->free_page_hint_cmd_id = id;
	model_config_changed(&b->v);
	model_run();
}

/* --- making one --- */

/* Below 2 GiB, where page numbers fit and the sanitizer has no use for the addresses. */
static char *make_pool(void)
{
	char *pool = mmap(NULL, MODEL_POOL_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	CHECK(pool != MAP_FAILED);
	page_add_range((uintptr_t)pool, MODEL_POOL_PAGES * PAGE_SIZE);
	return pool;
}

struct model_balloon *model_balloon_new(uint64_t features)
{
	static char *pool; /* the machine's, however many balloons it has */
	struct model_balloon *b = calloc(1, sizeof *b);
	unsigned nqueues = 3 + (features >> VIRTIO_BALLOON_F_FREE_PAGE_HINT & 1) + (features >> VIRTIO_BALLOON_F_PAGE_REPORTING & 1);

	if (!pool)
		pool = make_pool();
	b->pool = pool;
	model_virtio_init(&b->v, VIRTIO_ID_BALLOON, nqueues, 128);
	b->v.serve = serve;
	b->v.reset = reset;
	b->v.fields = fields;
	b->v.config_len = sizeof(struct virtio_balloon_config);
	b->v.config_stored = written;
	b->v.offered |= features;
	model_pci_init(&b->v, false);
	return b;
}
