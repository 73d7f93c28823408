/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SCSI driver, and a host whose logical units answer what the input says and come and go. Each request ends once,
 * whatever happens, and when the host is honest again its disk holds what is written to it.
 *
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/fuzz/virtio_steer.c
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/scsi*.c
 */
#include "tests/fuzz/virtio_steer.h"
#include "kernel/blkdev.h"
#include "kernel/heap.h"
#include "kernel/pci.h"
#include "kernel/scsi.h"
#include "tests/host/model/scsi_model.h"

#define BLOCKS   64
#define REQUESTS 16
#define BIT(n)   (1ull << (n))

struct request {
	struct blk_req r;
	struct sg sg;
	uint8_t data[1024];
	bool submitted;
};

static struct model_scsi *host;
static struct request requests[REQUESTS];
static unsigned submitted, completed;
static struct blkdev *disks[MODEL_UNITS];
static unsigned ndisks;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * Logical units that were disks are never freed, as whoever uses one may come at any time. Here nobody does between two
 * inputs.
 */
static struct scsi_lun *units[256];

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);
	unsigned i = 0;

	if (size == sizeof(struct scsi_lun) && p) {
		while (i < 256 && units[i])
			i++;
		steer_check(i < 256, "too many logical units at a time");
		units[i] = p;
	}
	return p ? memset(p, 0, size) : NULL;
}

void kfree(void *p)
{
	for (unsigned i = 0; i < 256; i++)
		if (p && units[i] == p)
			units[i] = NULL;
	free(p);
}

static void free_former_disks(void)
{
	for (unsigned i = 0; i < 256; i++)
		if (units[i] && units[i]->gone && units[i]->disk.name[0])
			kfree(units[i]);
}

static void honest(void)
{
	host->hold = host->release_soon = false;
	memset(&host->fault, 0, sizeof host->fault);
	host->luns = NULL;
	host->lengths = 0;
	for (unsigned i = 0; i < 3; i++) {
		struct model_unit *u = &host->unit[i];

		u->present = true;
		u->attention = u->write_cache = u->no_caching_page = u->no_mode_sense = false;
		u->claimed_last = u->claimed_size = u->type = 0;
	}
}

static bool (*idle)(void);

/* The scan waits for a host that keeps its commands, which would be for ever. */
static bool wait_no_longer(void)
{
	if (idle())
		return true;
	honest();
	model_scsi_release(host);
	model_needs_reset(&host->v);
	return true;
}

/* The model has one scan thread, so there is one host. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	model_power_on();
	idle = shim_idle;
	shim_idle = wait_no_longer;
	model_bus_use_ecam();
	host = model_scsi_new(BIT(VIRTIO_SCSI_F_HOTPLUG) | BIT(VIRTIO_SCSI_F_CHANGE));
	model_scsi_config(host)->max_target = 3;
	for (unsigned i = 0; i < 3; i++)
		model_unit_add(host, (uint8_t)(i / 2), (uint16_t)(i % 2), BLOCKS, 512);
	steer_plug(&host->v, 3);
	pci_init();
	model_run();
	steer_check(blkdev_find("sda") != NULL, "a disk is missing");
	return 0;
}

static void done(struct blk_req *r)
{
	struct request *q = container_of(r, struct request, r);

	steer_check(q->submitted, "a request ended twice");
	q->submitted = false;
	completed++;
}

static void note(struct blkdev *d, void *arg)
{
	(void)arg;
	if (ndisks < MODEL_UNITS)
		disks[ndisks++] = d;
}

static void submit(struct steer *s)
{
	unsigned what = steer_byte(s), i = what % REQUESTS;
	struct request *q = &requests[i];

	ndisks = 0;
	blkdev_for_each(note, NULL);
	if (!ndisks || q->submitted)
		return;
	q->sg = (struct sg){ q->data, 512u * (1 + steer_byte(s) % 2) };
	q->r = (struct blk_req){ .op = what / 16 % 3, .sector = steer_byte(s) % (BLOCKS - 1), .done = done };
	if (q->r.op != BLK_FLUSH) {
		q->r.sg = &q->sg;
		q->r.nsg = 1;
	}
	q->submitted = true;
	submitted++;
	if (blk_submit(disks[what / 48 % ndisks], &q->r) != 0) {
		q->submitted = false;
		completed++;
	}
}

/* What the next commands are answered with. */
static void bend(struct steer *s)
{
	static const uint8_t opcodes[] = { 0x00, 0x12, 0x1a, 0x25, 0x28, 0x2a, 0x35, 0x88, 0x9e, 0xa0, ANY_OPCODE };
	struct model_scsi_fault *f = &host->fault;
	unsigned how = steer_byte(s);

	memset(f, 0, sizeof *f);
	f->opcode = opcodes[steer_byte(s) % sizeof opcodes];
	f->times = 1 + how % 4;
	f->executes = how & 4;
	f->response = how & 8 ? steer_byte(s) : 0;
	f->status = how & 16 ? steer_byte(s) : 0;
	f->residual = how & 32 ? steer_dword(s) : 0;
	if (how & 64)
		model_scsi_sense(f, how & 128, steer_byte(s) % 16, steer_word(s));
	else if (how & 128)
		for (unsigned i = f->sense_len = steer_byte(s); i-- && i < sizeof f->sense;)
			f->sense[i] = steer_byte(s);
}

/* What a driver learns too late is left out: it would use the wrong block size, or write where it must not. */
static void change_unit(struct steer *s)
{
	struct model_unit *u = &host->unit[1 + steer_byte(s) % 2];
	unsigned how = steer_byte(s);

	switch (how % 8) {
	case 0: u->present = !u->present; break;
	case 1: u->attention = true; u->attention_asc = steer_word(s); break;
	case 2: u->claimed_last = steer_dword(s); u->claimed_size = how & 8 ? 512 : steer_byte(s) * 3u; break;
	case 3: u->write_cache = how & 8; break;
	case 4: u->no_caching_page = how & 8; u->no_mode_sense = how & 16; break;
	case 5: u->type = steer_byte(s); break;
	default: model_scsi_event(host, how / 8, steer_byte(s), steer_byte(s), steer_dword(s));
	}
}

static void check_works(void)
{
	static uint8_t out[2048], in[2048];
	struct blkdev *disk;

	for (unsigned i = 0; i < 3; i++) /* what the disk still had to say of its past, then what it is now */
		model_scsi_event(host, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0, VIRTIO_SCSI_EVT_RESET_RESCAN), model_run();
	disk = blkdev_find("sda");
	steer_check(disk != NULL, "the disk is not found any more");
	for (unsigned i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)(i * 7 + completed);
	steer_check(blk_write(disk, 5, out, sizeof out) == 0, "the disk does not take a write any more");
	steer_check(blk_read(disk, 5, in, sizeof in) == 0, "the disk cannot be read any more");
	steer_check(memcmp(in, out, sizeof in) == 0, "something else is read than was written");
}

/* Whoever waits for time to pass gets it. */
static void pass_time(void)
{
	for (unsigned i = 0; i < 400 && submitted != completed; i++)
		model_run_timer();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct steer s = { data, data + len };

	while (steer_more(&s)) {
		unsigned what = steer_byte(&s);

		switch (what % 8) {
		case 0: case 1: submit(&s); break;
		case 2: bend(&s); break;
		case 3: change_unit(&s); break;
		case 4: host->hold = what & 8; host->release_soon = what & 16; break;
		case 5: model_scsi_release(host); break;
		case 6: if (what & 8) model_run_timer(); else host->lengths = steer_byte(&s); break;
		default: steer_device(&s, &host->v);
		}
	}
	honest();
	steer_to_rest(&host->v);
	pass_time();
	steer_check(submitted == completed, "a request never ended");
	check_works();
	free_former_disks();
	return 0;
}
