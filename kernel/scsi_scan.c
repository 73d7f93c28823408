/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which logical units a host has, and which of them are disks: every target is asked for its list
 * (SPC-4, 6.33), every logical unit on it what it is. Runs in a thread of the host's, at boot
 * beside main(), later whenever something may have changed. What the devices say is checked; what
 * makes no sense costs the one logical unit.
 */
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/scsi.h"
#include "kernel/scsi_spec.h"
#include "kernel/thread.h"
#include <errno.h>
#include <string.h>

#define STACK_SIZE   (16 * 1024)
#define LUNS_MAX     256u /* of one target */
#define LUN_LIST_MAX (SCSI_LUN_LIST_HEADER + LUNS_MAX * SCSI_LUN_BYTES)
#define SERIAL_BYTES 24u  /* of its page: 4 bytes of header, 20 as struct blkdev has room for */
#define CDB(...)     ((const uint8_t[SCSI_CDB_BYTES]){ __VA_ARGS__ })

/* scsi_execute() with data that holds zeros where the device wrote nothing; -EIO: too little. */
static long ask(struct scsi_lun *l, const uint8_t *cdb, void *data, uint32_t len, long least)
{
	long n;

	memset(data, 0, len);
	n = scsi_execute(l, cdb, data, len);
	return n >= 0 && n < least ? -EIO : n;
}

/* --- one logical unit --- */

static int read_capacity(struct scsi_lun *l, uint64_t *last, uint32_t *block_size)
{
	uint8_t data[32];
	long n = ask(l, CDB(SCSI_READ_CAPACITY_10), data, 8, 8);
	unsigned width = 4;

	if (n >= 0 && scsi_get(data, 4) == UINT32_MAX) { /* SBC-3, 5.15.1: too large for this one */
		n = ask(l, CDB(SCSI_SERVICE_ACTION_IN_16, SCSI_SAI_READ_CAPACITY_16,
			       [13] = sizeof data), data, sizeof data, 12);
		width = 8;
	}
	*last = scsi_get(data, width);
	*block_size = (uint32_t)scsi_get(data + width, 4);
	return n < 0 ? (int)n : 0;
}

/* A disk whose blocks have another size than before is another disk. */
static int set_size(struct scsi_lun *l)
{
	struct blkdev *d = &l->disk;
	uint32_t size, limit;
	uint64_t last;
	int error = read_capacity(l, &last, &size);

	if (error)
		return error;
	if (size < BLK_SECTOR_SIZE || (size & (size - 1)) || last >= INT64_MAX / size) {
		log_err("%s %u:%u: %llu blocks of %u bytes make no sense", l->host->name, l->target,
			l->lun, (unsigned long long)last + 1, size);
		return -ENODEV;
	}
	if (d->block_size && d->block_size != size)
		return -ENODEV;
	limit = size / BLK_SECTOR_SIZE;
	d->block_size = size;
	d->sectors = (last + 1) * limit;
	d->max_sectors = l->host->max_sectors > limit ? l->host->max_sectors : limit;
	return 0;
}

/*
 * Write protection stands in the header of every mode page, the cache in one of its own. A device
 * that has no such page is asked for all; one that answers neither is taken to be writable, and to
 * have nothing to flush, as it will know no command for that either.
 */
static int read_mode(struct scsi_lun *l)
{
	uint8_t data[64], *page;
	long n = ask(l, CDB(SCSI_MODE_SENSE_6, SCSI_MODE_DBD, SCSI_MODE_PAGE_CACHING,
			    [4] = sizeof data), data, sizeof data, SCSI_MODE_HEADER);

	if (n < 0 && n != -ENODEV)
		n = ask(l, CDB(SCSI_MODE_SENSE_6, 0, SCSI_MODE_PAGE_ALL, [4] = sizeof data), data,
			sizeof data, SCSI_MODE_HEADER);
	if (n == -ENODEV)
		return -ENODEV;
	l->disk.read_only = n >= 0 && (data[2] & SCSI_MODE_WP);
	page = data + SCSI_MODE_HEADER + data[3];
	l->disk.can_flush = n >= 0 && SCSI_MODE_HEADER + data[3] + 2 < n &&
			    (page[0] & SCSI_MODE_PAGE_CODE) == SCSI_MODE_PAGE_CACHING &&
			    (page[2] & SCSI_MODE_WCE);
	return 0;
}

/*
 * The unit's serial number (SPC-4, 7.8.15), as far as it can be printed: the host chose it. It
 * tells whether a disk is still the same one.
 */
static int read_serial(struct scsi_lun *l)
{
	char serial[sizeof l->disk.serial] = "";
	uint8_t data[SERIAL_BYTES];
	long n = ask(l, CDB(SCSI_INQUIRY, 1, SCSI_VPD_SERIAL, [4] = sizeof data), data, sizeof data,
		     4);

	if (n == -ENODEV)
		return -ENODEV;
	for (long i = 4; i < n && i < 4 + data[3] && data[1] == SCSI_VPD_SERIAL; i++)
		serial[i - 4] = data[i] > ' ' && data[i] < 0x7f ? (char)data[i] : '_';
	if (l->disk.name[0] && strcmp(serial, l->disk.serial) != 0)
		return -ENODEV;
	memcpy(l->disk.serial, serial, sizeof serial);
	return 0;
}

/* 0: a disk, and ready. -ENODEV: none, or not the one it was. Else what went wrong with it. */
static int identify(struct scsi_lun *l)
{
	uint8_t data[SCSI_INQUIRY_BYTES];
	long n = ask(l, CDB(SCSI_INQUIRY, [4] = sizeof data), data, sizeof data, sizeof data);
	int error;

	if (n < 0)
		return (int)n;
	if (data[0] != SCSI_TYPE_DISK)
		return -ENODEV;
	error = read_serial(l);
	if (!error)
		error = (int)scsi_execute(l, CDB(SCSI_TEST_UNIT_READY), NULL, 0);
	if (!error)
		error = set_size(l);
	return error ? error : read_mode(l);
}

static void announce(const struct scsi_lun *l, const char *what)
{
	log_info("%s: %s %u:%u, %s%llu sectors, blocks of %u bytes%s", l->disk.name, l->host->name,
		 l->target, l->lun, what, (unsigned long long)l->disk.sectors, l->disk.block_size,
		 l->disk.read_only ? ", read-only" : "");
}

/* A logical unit that is unknown so far. */
static void add_lun(struct scsi_host *h, unsigned target, unsigned lun)
{
	struct scsi_lun *l = scsi_lun_new(h, target, lun);
	int error = l ? identify(l) : -ENOMEM;

	if (!error && scsi_lun_register(l)) {
		announce(l, "");
		return;
	}
	if (error && error != -ENODEV)
		log_err("%s %u:%u: not used, error %d", h->name, target, lun, -error);
	if (l)
		scsi_lun_drop(l);
	kfree(l);
}

static struct scsi_lun *find(struct scsi_host *h, unsigned target, unsigned lun)
{
	irq_state s = spin_lock(&h->lock);
	struct scsi_lun *l = scsi_lun_find(h, target, lun);

	spin_unlock(&h->lock, s);
	return l;
}

/* One that is known already stays as long as it is the same. */
static void scan_lun(struct scsi_host *h, unsigned target, unsigned lun)
{
	struct scsi_lun *l = find(h, target, lun);
	uint64_t before = l ? l->disk.sectors : 0;

	if (l && identify(l) != -ENODEV) {
		if (l->disk.sectors != before)
			announce(l, "now ");
		return;
	}
	if (l)
		scsi_lun_drop(l);
	add_lun(h, target, lun);
}

/* --- one target --- */

/* The numbers on a target's list. */
struct lun_list {
	unsigned n;
	uint16_t lun[LUNS_MAX];
	uint8_t data[LUN_LIST_MAX];
};

/*
 * Only logical units of a single level are there to be used (VIRTIO 1.4, 5.6.6.1), in either of
 * the forms that can tell them (SAM-5, 4.7.7.2 and 4.7.7.3).
 */
static bool single_level(const uint8_t *e)
{
	if (scsi_get(e + 2, 6))
		return false;
	return (e[0] & SCSI_LUN_METHOD) == SCSI_LUN_FLAT || e[0] == SCSI_LUN_PERIPHERAL;
}

static void parse_list(struct lun_list *list, long n)
{
	uint64_t told = scsi_get(list->data, 4) + SCSI_LUN_LIST_HEADER;

	if (told < (uint64_t)n)
		n = (long)told;
	list->n = 0;
	for (long at = SCSI_LUN_LIST_HEADER; at + SCSI_LUN_BYTES <= n; at += SCSI_LUN_BYTES)
		if (single_level(list->data + at))
			list->lun[list->n++] = (uint16_t)scsi_get(list->data + at, 2) & 0x3fff;
}

/* The list is the target's, but it is a logical unit that answers: number 0 (SPC-4, 6.33). */
static int report_luns(struct scsi_host *h, unsigned target, struct lun_list *list)
{
	struct scsi_lun *known = find(h, target, 0);
	struct scsi_lun *l = known ? known : scsi_lun_new(h, target, 0);
	uint8_t cdb[SCSI_CDB_BYTES] = { SCSI_REPORT_LUNS };
	long n;

	if (!l)
		return -ENOMEM;
	scsi_put(cdb + 6, 4, sizeof list->data);
	n = ask(l, cdb, list->data, sizeof list->data, SCSI_LUN_LIST_HEADER);
	if (!known) {
		scsi_lun_drop(l);
		kfree(l);
	}
	if (n >= 0)
		parse_list(list, n);
	return n < 0 ? (int)n : 0;
}

static bool listed(const struct lun_list *list, unsigned lun)
{
	for (unsigned i = 0; i < list->n; i++)
		if (list->lun[i] == lun)
			return true;
	return false;
}

/* One that is gone, or not on the list. list NULL: all are. */
static struct scsi_lun *find_leaver(struct scsi_host *h, unsigned target,
				    const struct lun_list *list)
{
	struct scsi_lun *found = NULL;
	irq_state s = spin_lock(&h->lock);

	list_for_each(n, &h->luns) {
		struct scsi_lun *l = container_of(n, struct scsi_lun, node);

		if (l->target == target && (l->gone || (list && !listed(list, l->lun))))
			found = l;
	}
	spin_unlock(&h->lock, s);
	return found;
}

static void drop_leavers(struct scsi_host *h, unsigned target, const struct lun_list *list)
{
	struct scsi_lun *l;

	while ((l = find_leaver(h, target, list)) != NULL)
		scsi_lun_drop(l);
}

static void scan_target(struct scsi_host *h, unsigned target, struct lun_list *list)
{
	int error;

	drop_leavers(h, target, NULL);
	error = report_luns(h, target, list);
	list->n = error == -ENODEV ? 0 : list->n;
	if (error == -EOPNOTSUPP) { /* older than the command: it has the one */
		list->n = 1;
		list->lun[0] = 0;
	} else if (error && error != -ENODEV) {
		log_err("%s: target %u does not list its logical units, error %d", h->name, target,
			-error);
		return;
	}
	drop_leavers(h, target, list);
	for (unsigned i = 0; i < list->n; i++)
		scan_lun(h, target, list->lun[i]);
}

/* --- the thread --- */

/* The lowest target that is to be scanned, which it then is no more; -1: none. */
static int next_target(struct scsi_host *h)
{
	irq_state s = spin_lock(&h->lock);
	int target = -1;

	for (int i = 0; i < (int)(SCSI_TARGETS / 64) && target < 0; i++)
		if (h->wanted[i]) {
			target = i * 64 + __builtin_ctzll(h->wanted[i]);
			h->wanted[i] &= h->wanted[i] - 1;
		}
	spin_unlock(&h->lock, s);
	return target;
}

void scsi_scan(struct scsi_host *h)
{
	struct lun_list *list = kmalloc(sizeof *list);
	int target;

	if (!list)
		log_err("%s: no memory to look for disks", h->name);
	while (list && (target = next_target(h)) >= 0)
		scan_target(h, (unsigned)target, list);
	kfree(list);
	if (h->first_scan)
		blkdev_expect(-1);
	h->first_scan = false;
}

static void scan_loop(void *host)
{
	struct scsi_host *h = host;

	for (;;) {
		unsigned seen = atomic_load(&h->wishes);

		scsi_scan(h);
		futex_wait(&h->wishes, seen, DEADLINE_NEVER);
	}
}

/* Who looks for a disk waits for the first scan, and no longer. */
int scsi_scan_start(struct scsi_host *h)
{
	h->first_scan = true;
	scsi_scan_wanted(h, 0, h->targets);
	blkdev_expect(1);
	h->scanner = thread_create(h->name, PRIO_APP, STACK_SIZE, scan_loop, h);
	if (h->scanner)
		return 0;
	blkdev_expect(-1);
	return -ENOMEM;
}

void scsi_scan_wanted(struct scsi_host *h, unsigned target, unsigned n)
{
	for (; n && target < h->targets; n--, target++)
		h->wanted[target / 64] |= 1ull << target % 64;
	atomic_fetch_add(&h->wishes, 1);
	futex_wake(&h->wishes, 1);
}

void scsi_rescan(struct scsi_host *h, unsigned target, unsigned n)
{
	irq_state s = spin_lock(&h->lock);

	scsi_scan_wanted(h, target, n);
	spin_unlock(&h->lock, s);
}
