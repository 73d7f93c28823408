/* SPDX-License-Identifier: BSD-2-Clause */
/* See loose.h. Stands in for memory, interrupts, clock, work, timers, the scan thread and the network stack. */
#include "tests/fuzz/loose.h"
#include "tests/fuzz/net_stack.h"
#include "kernel/blkdev.h"
#include "kernel/clock.h"
#include "kernel/heap.h"
#include "kernel/iommu.h"
#include "kernel/irq.h"
#include "kernel/page.h"
#include "kernel/param.h"
#include "kernel/random.h"
#include "kernel/scsi.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "tests/host/model/work.h"
#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCKS     2048      /* of memory at a time */
#define PAGES      1024      /* in the machine: queues are short then, and quick to set up */
#define LOW_START  0x10000000ul
#define LOW_BYTES  0x400000ul
#define READ_NS    50000000u /* that a register takes to read: a device that never answers is soon given up */
#define VECTORS    64
#define HANDLED    8         /* hosts, netdevs, sources, disks that are looked at */
#define REQUESTS   8
#define FRAMES     8

struct steer loose_input;
void (*loose_each_device)(void (*visit)(struct virtio_device *));

/* --- memory --- */

static void *blocks[BLOCKS];
static unsigned nblocks, fail_in;
static size_t low_used;

static void *keep(void *p)
{
	steer_check(p && nblocks < BLOCKS, "too much memory is taken");
	return blocks[nblocks++] = p;
}

/*
 * Legacy devices are told in which page a queue is, in 32 bits: pages come from low addresses. They are used once in the
 * life of a machine, with a gap behind each piece.
 */
static void *low_alloc(size_t size)
{
	static uint8_t *start;
	size_t taken = (size + 2 * PAGE_SIZE - 1) & -PAGE_SIZE;
	uint8_t *p;

	if (!start) {
		start = mmap((void *)LOW_START, LOW_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		steer_check(start == (void *)LOW_START, "no memory below 4 GiB");
	}
	if (low_used == 0)
		ASAN_POISON_MEMORY_REGION(start, LOW_BYTES);
	if (size > LOW_BYTES || taken > LOW_BYTES - low_used)
		return NULL;
	p = start + low_used;
	low_used += taken;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	return p;
}

void *kmalloc_aligned(size_t size, size_t align)
{
	void *p = NULL;

	if (fail_in && --fail_in == 0)
		return NULL;
	if (align >= PAGE_SIZE)
		return low_alloc(size);
	if (posix_memalign(&p, align < 16 ? 16 : align, size ? size : 1) != 0)
		p = NULL;
	return keep(p);
}

void *kmalloc(size_t size)
{
	return fail_in && --fail_in == 0 ? NULL : keep(malloc(size ? size : 1));
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void kfree(void *p)
{
	unsigned i = nblocks;

	if (!p || (uintptr_t)p - LOW_START < LOW_BYTES)
		return;
	while (i && blocks[i - 1] != p)
		i--;
	steer_check(i != 0, "memory is freed that was not taken");
	blocks[i - 1] = blocks[--nblocks];
	free(p);
}

void *page_alloc(size_t npages)
{
	return kmalloc_aligned(npages * PAGE_SIZE, PAGE_SIZE);
}

void page_free(void *p, size_t npages)
{
	(void)npages;
	kfree(p);
}

size_t page_count_total(void)
{
	return PAGES;
}

/* --- registers, and the time they take --- */

static uint8_t registers[LOOSE_REGISTERS + 4];
static unsigned select_at, banked_at;
static unsigned until_surprise; /* reads; 0: no more of them */

static void get_over(void)
{
	until_surprise = steer_byte(&loose_input);
}

uint32_t loose_read(uint64_t at, unsigned width)
{
	uint32_t value = 0;

	shim_now_ns += READ_NS;
	memcpy(&value, registers + at % LOOSE_REGISTERS, width);
	if (until_surprise && --until_surprise == 0) {
		value = steer_dword(&loose_input);
		get_over();
	}
	return value;
}

void loose_preset(uint64_t at, uint32_t value, unsigned width)
{
	memcpy(registers + at % LOOSE_REGISTERS, &value, width);
}

void loose_banked(unsigned select, unsigned reg)
{
	select_at = select;
	banked_at = reg;
}

void loose_write(uint64_t at, uint32_t value, unsigned width)
{
	loose_preset(at, value, width);
	if (at % LOOSE_REGISTERS == select_at)
		loose_preset(banked_at, 0, 4);
}

/* --- interrupts, work, timers --- */

static struct { irq_handler handler; void *arg; } irqs[VECTORS];
static unsigned nirqs;
static struct timer *timers[HANDLED];
static bool no_wires;

int irq_alloc(irq_handler handler, void *arg, const char *name)
{
	(void)name;
	if (nirqs == VECTORS)
		return -ENOSPC;
	irqs[nirqs].handler = handler;
	irqs[nirqs].arg = arg;
	return 0x30 + (int)nirqs++;
}

void irq_free(int vector)
{
	irqs[vector - 0x30].handler = NULL;
}

void irq_disconnect(irq_handler handler, void *arg)
{
	for (unsigned i = 0; i < nirqs; i++)
		if (irqs[i].handler == handler && irqs[i].arg == arg)
			irqs[i].handler = NULL;
}

int irq_connect_gsi(unsigned gsi, bool active_low, irq_handler handler, void *arg, const char *name)
{
	int vector = no_wires ? -ENODEV : irq_alloc(handler, arg, name);

	(void)gsi, (void)active_low;
	return vector < 0 ? vector : 0;
}

int irq_connect_isa(unsigned isa, irq_handler handler, void *arg, const char *name)
{
	return irq_connect_gsi(isa, false, handler, arg, name);
}

static void raise(unsigned i)
{
	if (i < nirqs && irqs[i].handler)
		irqs[i].handler(irqs[i].arg);
}

void timer_start(struct timer *t, uint64_t deadline_ns)
{
	unsigned i = 0;

	while (i < HANDLED && timers[i] && timers[i] != t)
		i++;
	if (i < HANDLED)
		timers[i] = t;
	t->deadline_ns = deadline_ns;
}

bool timer_stop(struct timer *t)
{
	for (unsigned i = 0; i < HANDLED && timers[i]; i++)
		if (timers[i] == t) {
			for (; i + 1 < HANDLED; i++)
				timers[i] = timers[i + 1];
			timers[HANDLED - 1] = NULL;
			return true;
		}
	return false;
}

static bool fire(unsigned i)
{
	struct timer *t = timers[i];

	if (!t)
		return false;
	timers[i] = NULL;
	if (shim_now_ns < t->deadline_ns)
		shim_now_ns = t->deadline_ns;
	t->fire(t);
	return true;
}

bool iommu_translates(void)
{
	return false;
}

/* --- those who use the devices --- */

static struct scsi_host *hosts[HANDLED];
static struct netdev *nets[HANDLED];
static struct random_source *sources[HANDLED];
static struct blkdev *disks[HANDLED];
static unsigned nhosts, nnets, nsources, ndisks;
static struct { struct blk_req r; struct sg sg; uint8_t data[1024]; bool used; } requests[REQUESTS];
static struct { uint8_t data[1514]; bool sent; } frames[FRAMES];
static struct netbuf *kept;
static size_t seen;

struct thread *thread_create(const char *name, enum thread_priority priority, size_t stack_size, void (*entry)(void *), void *arg)
{
	static struct thread thread;

	(void)name, (void)priority, (void)stack_size, (void)entry;
	if (nhosts == HANDLED)
		return NULL;
	hosts[nhosts++] = arg;
	return &thread;
}

void random_source_register(struct random_source *s)
{
	if (nsources < HANDLED)
		sources[nsources++] = s;
}

static void input(struct netdev *dev, struct netbuf *nb)
{
	for (uint32_t i = 0; i < nb->len + NETBUF_SLACK; i++)
		seen += ((const uint8_t *)nb->data)[i];
	if (kept)
		dev->recycle(nb);
	else
		kept = nb;
}

void netdev_register(struct netdev *dev)
{
	if (nnets < HANDLED)
		nets[nnets++] = dev;
	dev->input = input;
	dev->tx_done = stack_tx_done;
	dev->wake = stack_wake;
}

void netdev_ready(struct netdev *dev)
{
	(void)dev;
}

bool netdev_unregister(struct netdev *dev)
{
	(void)dev;
	return true;
}

static void note_disk(struct blkdev *d, void *arg)
{
	(void)arg;
	if (ndisks < HANDLED)
		disks[ndisks++] = d;
}

/* Disks that are still looked for would have to be waited for. */
static void find_disks(void)
{
	ndisks = 0;
	for (unsigned i = 0; i < nhosts; i++)
		if (hosts[i]->first_scan)
			return;
	blkdev_for_each(note_disk, NULL);
}

static void done(struct blk_req *r)
{
	bool *used = r->token;

	steer_check(*used, "a request ended twice");
	*used = false;
}

static void use_disk(struct steer *s)
{
	unsigned which = steer_byte(s), i = steer_byte(s) % REQUESTS;
	enum blk_op op = which % 5;

	find_disks();
	if (!ndisks || requests[i].used)
		return;
	requests[i].used = true;
	requests[i].sg = (struct sg){ requests[i].data, sizeof requests[i].data };
	requests[i].r = (struct blk_req){ .op = op, .sector = steer_byte(s) & ~1u, .nsectors = 2, .done = done, .token = &requests[i].used };
	if (op < BLK_FLUSH) {
		requests[i].r.sg = &requests[i].sg;
		requests[i].r.nsg = 1;
	}
	if (blk_submit(disks[which / 5 % ndisks], &requests[i].r) != 0)
		requests[i].used = false;
}

/* Once, before anything else. */
static void start(struct netdev *dev)
{
	dev->stack = dev;
	dev->start(dev);
}

static void transmit(struct netdev *dev, unsigned i, const struct sg *sg)
{
	if (frames[i].sent)
		return;
	frames[i].sent = true;
	if (dev->xmit(dev, sg, 1, NULL, &frames[i].sent) != 0)
		frames[i].sent = false;
}

static void use_net(struct steer *s)
{
	unsigned what = steer_byte(s), i = steer_byte(s) % FRAMES;
	struct netdev *dev = nnets ? nets[what / 5 % nnets] : NULL;
	struct sg sg = { frames[i].data, 14 + steer_word(s) % (sizeof frames[i].data - 13) };

	if (!dev)
		return;
	if (!dev->stack)
		start(dev);
	switch (what % 5) {
	case 0: case 1: dev->poll(dev, steer_byte(s)); break;
	case 2: dev->kick(dev); break;
	case 3: transmit(dev, i, &sg); break;
	default:
		if (kept)
			kept->dev->recycle(kept);
		kept = NULL;
	}
}

static void scan(unsigned i)
{
	if (i < nhosts)
		scsi_scan(hosts[i]);
}

/* --- what happens --- */

static unsigned chosen;
static struct virtio_device *device;

static void choose(struct virtio_device *dev)
{
	if (chosen-- == 0)
		device = dev;
}

/* The area that the device writes to: in a packed ring the descriptors too. */
static void scribble(struct steer *s, struct virtqueue *vq)
{
	bool packed = vq->ops == &virtqueue_packed_ops;
	size_t len = packed ? vq->size * 16u : 4 + vq->size * 8u + 2, at = steer_word(s) % len;
	unsigned n = steer_byte(s) % 16u + 1;
	uint8_t *area = packed ? vq->descriptor_area : vq->device_area;

	while (n-- && at < len)
		area[at++] = steer_byte(s);
}

static void write_to_queue(struct steer *s)
{
	unsigned which = steer_byte(s);
	struct virtqueue *vq;

	device = NULL;
	chosen = which % 4;
	loose_each_device(choose);
	vq = device ? device->queues : NULL;
	for (which /= 4; vq && which % 4; which--)
		vq = vq->next;
	if (vq)
		scribble(s, vq);
}

static void device_acts(struct steer *s)
{
	unsigned what = steer_byte(s);

	switch (what % 8) {
	case 0: case 1: raise(what / 8); break;
	case 2: while (model_work_run()) ; break;
	case 3: fire(what / 8 % HANDLED); break;
	case 4: case 5: write_to_queue(s); break;
	case 6: loose_preset(steer_word(s), steer_byte(s), 1); break;
	default: until_surprise = what / 8;
	}
}

static void unplug(struct virtio_device *dev)
{
	if (dev->driver)
		virtio_remove(dev);
}

static bool unplugged;

/* Somebody waits. When the input is over, all devices are taken away, which has to end everything. */
static bool idle(void)
{
	if (steer_more(&loose_input)) {
		device_acts(&loose_input);
		unplugged = false;
		return true;
	}
	if (model_work_run())
		return true;
	if (unplugged)
		return false;
	loose_each_device(unplug);
	return unplugged = true;
}

void loose_run(void)
{
	struct steer *s = &loose_input;

	while (steer_more(s)) {
		unsigned what = steer_byte(s);

		switch (what % 8) {
		case 0: use_disk(s); break;
		case 1: use_net(s); break;
		case 2: scan(what / 8); break;
		case 3: if (nsources) sources[0]->ask(sources[0]); break;
		default: device_acts(s);
		}
	}
}

void loose_set_param(const char *name, uint32_t value)
{
	extern const struct param *const __start_params[], *const __stop_params[];

	for (const struct param *const *p = __start_params; p < __stop_params; p++)
		if (strcmp((*p)->name, name) == 0)
			*(uint32_t *)(*p)->target = value;
}

void loose_on(const uint8_t *data, size_t len)
{
	loose_input = (struct steer){ data, data + len };
	shim_now_ns = 1000000000000ull;
	shim_idle = idle;
	fail_in = steer_byte(&loose_input);
	no_wires = steer_byte(&loose_input) & 1;
	memset(registers, 0, sizeof registers);
	until_surprise = 0;
	unplugged = false;
	select_at = LOOSE_REGISTERS;
}

static void check_ended(void)
{
	for (unsigned i = 0; i < REQUESTS; i++)
		steer_check(!requests[i].used, "a request never ended");
	for (unsigned i = 0; i < FRAMES; i++)
		steer_check(!frames[i].sent, "a frame was not given back");
}

void loose_off(void)
{
	loose_input.at = loose_input.end;
	fail_in = until_surprise = 0;
	loose_each_device(unplug);
	for (unsigned i = 0; i < nhosts; i++)
		scan(i);
	for (unsigned i = 0; i < nnets; i++)
		nets[i]->poll(nets[i], UINT32_MAX);
	while (model_work_run())
		;
	check_ended();
	find_disks();
	for (unsigned i = 0; i < ndisks; i++)
		blkdev_unregister(disks[i]);
	model_work_forget();
	memset(timers, 0, sizeof timers);
	nirqs = nhosts = nnets = nsources = ndisks = 0;
	kept = NULL;
	low_used = 0;
	while (nblocks)
		free(blocks[--nblocks]);
}
