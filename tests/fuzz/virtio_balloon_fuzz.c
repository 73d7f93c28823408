/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balloon driver and the page allocator, and a device that does whatever the input says, while memory is used and
 * lacks: no page is the host's and the guest's at once, and when the device is honest again it gets what it wants, and
 * in the end not a page is missing.
 *
 * Links: virtio/v*.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/fuzz/virtio_steer.c
 * Links: kernel/page.c kernel/page_range.c kernel/memgiver.c
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/balloon*.c
 */
#include "tests/fuzz/virtio_steer.h"
#include "kernel/page.h"
#include "kernel/pci.h"
#include "kernel/thread.h"
#include "tests/host/model/balloon_model.h"

#define SLOTS 64

static struct model_balloon *balloons[16];
static size_t all_free;
static struct { void *pages; size_t n; } slot[SLOTS];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct thread *thread_current(void)
{
	static struct thread self;

	return &self;
}

size_t vm_count_filled(void)
{
	return 0;
}

static uint64_t features(unsigned i)
{
	uint64_t without_poison = (1u << VIRTIO_BALLOON_F_PAGE_POISON) - 1 + (1u << VIRTIO_BALLOON_F_PAGE_REPORTING);

	return i % 2 ? without_poison & ~1ull : without_poison; /* and without MUST_TELL_HOST */
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	model_power_on();
	model_bus_use_ecam();
	for (unsigned i = 0; i < steer_variant_count; i++) {
		balloons[i] = model_balloon_new(features(i));
		steer_plug(&balloons[i]->v, i);
	}
	pci_init();
	model_run();
	page_free(page_alloc(4096), 4096); /* memory that was in use */
	all_free = page_count_free();
	return 0;
}

static void use(struct steer *s)
{
	unsigned i = steer_byte(s) % SLOTS;

	if (slot[i].pages) {
		page_free(slot[i].pages, slot[i].n);
		slot[i].pages = NULL;
		return;
	}
	slot[i].n = steer_byte(s) % 4u ? 1 + steer_byte(s) : PAGE_UNIT;
	slot[i].pages = page_alloc(slot[i].n);
	if (slot[i].pages)
		memset(slot[i].pages, 0x33, slot[i].n * PAGE_SIZE);
}

static void act(struct steer *s, struct model_balloon *b)
{
	struct virtio_balloon_config *config = model_balloon_config(b);

	switch (steer_byte(s) % 9) {
	case 0: config->num_pages = steer_word(s) % (MODEL_POOL_PAGES + 100); model_config_changed(&b->v); break;
	case 1: config->free_page_hint_cmd_id = steer_byte(s) % 4u; model_config_changed(&b->v); break;
	case 2: b->hold[steer_byte(s) % MODEL_QUEUES] = steer_byte(s) & 1; break;
	case 3: model_balloon_release(b); break;
	case 4: model_balloon_ask_stats(b); break;
	case 5: model_run_timer(); break;
	case 6: use(s); break;
	case 7: model_run(); break;
	default: steer_device(s, &b->v);
	}
}

static void free_all(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (slot[i].pages)
			page_free(slot[i].pages, slot[i].n);
	memset(slot, 0, sizeof slot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct steer s = { data, data + len };
	struct model_balloon *b = balloons[steer_byte(&s) % steer_variant_count];

	while (steer_more(&s))
		act(&s, b);
	free_all();
	memset(b->hold, 0, sizeof b->hold);
	*model_balloon_config(b) = (struct virtio_balloon_config){ .free_page_hint_cmd_id = VIRTIO_BALLOON_CMD_ID_DONE };
	steer_to_rest(&b->v);
	model_balloon_want(b, 100);
	steer_check(b->taken == 100 && model_balloon_config(b)->actual == 100, "the host does not get what it wants any more");
	model_balloon_want(b, 0);
	steer_check(b->taken == 0 && page_count_free() == all_free, "pages are missing");
	return 0;
}
