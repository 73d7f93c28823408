/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks: vda is vtblk 0, as FreeBSD counts them; sda is da 0. */
#include "kernel/blkdev.h"
#include "kernel/sysctl.h"

static const struct {
	enum blk_op op;
	const char *name, *help, *sectors, *sectors_help;
} operations[] = {
	{ BLK_READ, "reads", "reads", "read_sectors", "sectors of 512 bytes read" },
	{ BLK_WRITE, "writes", "writes", "written_sectors", "sectors of 512 bytes written" },
	{ BLK_FLUSH, "flushes", "flushes", NULL, NULL },
	{ BLK_DISCARD, "discards", "discards", "discarded_sectors", "sectors discarded" },
	{ BLK_WRITE_ZEROES, "write_zeroes", "writes of zeroes", "zeroed_sectors", "sectors filled with zeroes" },
};

/* "vda" is 0, "vdz" 25, "vdaa" 26: kernel/blkdev.c names them. */
static unsigned unit(const char *letters)
{
	unsigned n = 0;

	for (; *letters; letters++)
		n = n * 26 + (unsigned)(*letters - 'a') + 1;
	return n - 1;
}

static void disk(struct blkdev *d, void *arg)
{
	struct sysctl_walk *w = arg;
	const char *driver = d->name[0] == 's' ? "da" : "vtblk";
	unsigned n = unit(d->name + 2);

	for (unsigned i = 0; i < sizeof operations / sizeof *operations; i++) {
		sysctl_counter(w, d->requests[operations[i].op], operations[i].help, "dev.%s.%u.%s", driver, n,
			       operations[i].name);
		if (operations[i].sectors)
			sysctl_counter(w, d->sectors_moved[operations[i].op], operations[i].sectors_help,
				       "dev.%s.%u.%s", driver, n, operations[i].sectors);
	}
	sysctl_gauge(w, d->sectors, "capacity in sectors of 512 bytes", "dev.%s.%u.sectors", driver, n);
	sysctl_int(w, d->block_size, "bytes of the smallest request", "dev.%s.%u.block_size", driver, n);
	sysctl_text(w, d->serial, "what the host calls the disk", "dev.%s.%u.serial", driver, n);
}

static void disks(struct sysctl_walk *w)
{
	blkdev_look(disk, w, !w->frozen);
}
SYSCTL_SOURCE(disks);
