/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_model.h: the block device of section 5.2. */
#include "tests/host/model/virtio_model.h"
#include <stddef.h>

#define AT(field) offsetof(struct virtio_blk_config, field)

static const struct model_field fields[] = {
	{ AT(capacity), 8, 1, -1, false },
	{ AT(size_max), 4, 1, VIRTIO_BLK_F_SIZE_MAX, false },
	{ AT(seg_max), 4, 1, VIRTIO_BLK_F_SEG_MAX, false },
	{ AT(blk_size), 4, 1, VIRTIO_BLK_F_BLK_SIZE, false },
	{ AT(writeback), 1, 1, VIRTIO_BLK_F_CONFIG_WCE, true },
	{ AT(num_queues), 2, 1, VIRTIO_BLK_F_MQ, false },
	{ AT(max_discard_sectors), 4, 1, VIRTIO_BLK_F_DISCARD, false },
	{ AT(max_discard_seg), 4, 1, VIRTIO_BLK_F_DISCARD, false },
	{ AT(discard_sector_alignment), 4, 1, VIRTIO_BLK_F_DISCARD, false },
	{ AT(max_write_zeroes_sectors), 4, 1, VIRTIO_BLK_F_WRITE_ZEROES, false },
	{ AT(max_write_zeroes_seg), 4, 1, VIRTIO_BLK_F_WRITE_ZEROES, false },
	{ 0 },
};

struct virtio_blk_config *model_disk_config(struct model_disk *d)
{
	return (struct virtio_blk_config *)d->v.config;
}

static bool in_range(const struct model_disk *d, uint64_t sector, uint64_t bytes)
{
	RULE("BLK-15", bytes % 512 == 0, "%llu bytes are no whole number of sectors", (unsigned long long)bytes);
	return RULE("BLK-11", sector <= d->sectors && bytes / 512 <= d->sectors - sector, "sectors %llu + %llu of %llu",
		    (unsigned long long)sector, (unsigned long long)bytes / 512, (unsigned long long)d->sectors);
}

static void check_segments(struct model_disk *d, const struct model_chain *c)
{
	uint32_t size_max = model_disk_config(d)->size_max, seg_max = model_disk_config(d)->seg_max;

	for (unsigned i = 0; i < c->n; i++)
		if (model_accepted(&d->v, VIRTIO_BLK_F_SIZE_MAX) && size_max && c->piece[i].len > size_max && c->piece[i].len > 16)
			model_refuse("a segment of %u bytes, size_max is %u", c->piece[i].len, size_max);
	if (model_accepted(&d->v, VIRTIO_BLK_F_SEG_MAX))
		RULE(model_accepted(&d->v, VIRTIO_F_RING_PACKED) ? "PACK-06" : "SPLIT-08", c->n - 2 <= seg_max, "%u segments, seg_max is %u", c->n - 2,
		     seg_max);
}

static uint8_t transfer(struct model_disk *d, const struct model_chain *c, const struct virtio_blk_outhdr *h, bool write)
{
	uint64_t bytes = write ? c->readable_bytes - sizeof(*h) : c->writable_bytes - 1;
	uint8_t *at = d->data + h->sector * 512;

	check_segments(d, c);
	if (!in_range(d, h->sector, bytes) || (write && model_accepted(&d->v, VIRTIO_BLK_F_RO)))
		return VIRTIO_BLK_S_IOERR;
	if (write)
		model_chain_read(c, sizeof(*h), at, bytes);
	else
		model_chain_write(c, 0, at, bytes);
	return VIRTIO_BLK_S_OK;
}

/* A request with one range, which is the least that max_*_seg can be. */
static void check_range(const struct model_chain *c, const struct virtio_blk_discard_write_zeroes *r, bool discard)
{
	uint64_t bytes = c->readable_bytes - sizeof(struct virtio_blk_outhdr);

	RULE("BLK-16", bytes % sizeof(*r) == 0, "%llu bytes of ranges", (unsigned long long)bytes);
	RULE(discard ? "BLK-18" : "BLK-20", bytes / sizeof(*r) <= 1, "%llu ranges", (unsigned long long)(bytes / sizeof(*r)));
	if (discard)
		RULE("BLK-23", !(r->flags & VIRTIO_BLK_DISCARD_F_UNMAP), "DISCARD with the unmap flag");
	else if (r->flags & ~VIRTIO_BLK_DISCARD_F_UNMAP)
		model_refuse("unknown flags 0x%x of a range", r->flags);
}

static uint8_t range(struct model_disk *d, const struct model_chain *c, bool discard)
{
	struct virtio_blk_config *config = model_disk_config(d);
	uint32_t max = discard ? config->max_discard_sectors : config->max_write_zeroes_sectors;
	struct virtio_blk_discard_write_zeroes r;
	uint8_t *at;

	if (!model_accepted(&d->v, discard ? VIRTIO_BLK_F_DISCARD : VIRTIO_BLK_F_WRITE_ZEROES))
		return VIRTIO_BLK_S_UNSUPP;
	model_chain_read(c, sizeof(struct virtio_blk_outhdr), &r, sizeof(r));
	check_range(c, &r, discard);
	if (r.num_sectors > max)
		model_refuse("a range of %u sectors, the maximum is %u", r.num_sectors, max);
	if (!in_range(d, r.sector, r.num_sectors * 512ull))
		return VIRTIO_BLK_S_IOERR;
	d->max_range = r.num_sectors > d->max_range ? r.num_sectors : d->max_range;
	at = d->data + r.sector * 512;
	memset(at, discard ? 0xdd : 0, r.num_sectors * 512ull);
	*(discard ? &d->discards : &d->zeroes) += 1;
	return VIRTIO_BLK_S_OK;
}

static uint8_t get_id(struct model_disk *d, const struct model_chain *c)
{
	RULE("BLK-17", c->writable_bytes == VIRTIO_BLK_ID_BYTES + 1, "GET_ID with %llu bytes", (unsigned long long)c->writable_bytes - 1);
	model_chain_write(c, 0, "model-disk-0123456789", VIRTIO_BLK_ID_BYTES);
	d->idents++;
	return VIRTIO_BLK_S_OK;
}

static uint8_t flush(struct model_disk *d, const struct model_chain *c, const struct virtio_blk_outhdr *h)
{
	RULE("BLK-13", h->sector == 0, "FLUSH of sector %llu", (unsigned long long)h->sector);
	RULE("BLK-14", c->readable_bytes == sizeof(*h) && c->writable_bytes == 1, "FLUSH with data");
	if (!model_accepted(&d->v, VIRTIO_BLK_F_FLUSH))
		model_refuse("FLUSH without the feature");
	d->flushes++;
	return VIRTIO_BLK_S_OK;
}

static uint8_t execute(struct model_disk *d, const struct model_chain *c)
{
	struct virtio_blk_outhdr h;

	model_chain_read(c, 0, &h, sizeof(h));
	switch (h.type) {
	case VIRTIO_BLK_T_IN:
	case VIRTIO_BLK_T_OUT:
		d->requests++;
		return transfer(d, c, &h, h.type == VIRTIO_BLK_T_OUT);
	case VIRTIO_BLK_T_FLUSH:
		return flush(d, c, &h);
	case VIRTIO_BLK_T_GET_ID:
		return get_id(d, c);
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return range(d, c, h.type == VIRTIO_BLK_T_DISCARD);
	}
	model_refuse("request type %u", h.type);
	return VIRTIO_BLK_S_UNSUPP;
}

static void answer(struct model_disk *d, const struct model_chain *c)
{
	uint8_t status = d->next_status;
	uint32_t written = (uint32_t)c->writable_bytes - d->short_by;

	d->next_status = VIRTIO_BLK_S_OK;
	if (status == VIRTIO_BLK_S_OK)
		status = execute(d, c);
	model_chain_write(c, c->writable_bytes - 1, &status, 1);
	model_ring_push(&d->v, 0, c, written);
}

/* 5.2.6.4: what legacy devices may insist on. */
static void check_framing(const struct model_disk *d, const struct model_chain *c)
{
	if (d->v.legacy && !model_accepted(&d->v, VIRTIO_F_ANY_LAYOUT))
		RULE("BLKL-08", c->piece[0].len == sizeof(struct virtio_blk_outhdr) && c->piece[c->n - 1].len == 1,
		     "header and status share descriptors of %u and %u bytes", c->piece[0].len, c->piece[c->n - 1].len);
}

static void serve(struct model_virtio *v, unsigned queue, struct model_chain *c)
{
	struct model_disk *d = (struct model_disk *)v;

	check_framing(d, c);
	(void)queue;
	if (c->readable_bytes < sizeof(struct virtio_blk_outhdr) || c->writable_bytes < 1) {
		model_refuse("a request without header or status");
		return;
	}
	if (d->hold)
		d->held[d->nheld++] = *c;
	else
		answer(d, c);
}

/* After a lie in the ring the driver may have used what is held for something else. */
void model_disk_release(struct model_disk *d)
{
	unsigned n = d->nheld;

	d->nheld = 0;
	for (unsigned i = 0; i < n && !d->v.broken; i++)
		answer(d, &d->held[model_accepted(&d->v, VIRTIO_F_IN_ORDER) ? i : n - 1 - i]);
}

static void config_watch(struct model_virtio *v, unsigned off)
{
	if (off == AT(writeback))
		RULE("BLK-04", v->status & VIRTIO_STATUS_FEATURES_OK, "writeback read before FEATURES_OK");
}

static void reset(struct model_virtio *v)
{
	((struct model_disk *)v)->nheld = 0;
}

struct model_disk *model_disk_new(uint64_t sectors, uint64_t features)
{
	struct model_disk *d = calloc(1, sizeof(*d));

	model_virtio_init(&d->v, VIRTIO_ID_BLOCK, 1, 128);
	d->v.offered |= features;
	d->v.fields = fields;
	d->v.config_len = sizeof(struct virtio_blk_config);
	d->v.serve = serve;
	d->v.reset = reset;
	d->v.config_watch = config_watch;
	d->sectors = sectors;
	d->data = malloc(sectors * 512);
	for (uint64_t i = 0; i < sectors * 512; i++)
		d->data[i] = (uint8_t)(i / 512 * 7 + i);
	*model_disk_config(d) = (struct virtio_blk_config){
		.capacity = sectors, .size_max = 4096, .seg_max = 126, .blk_size = 512, .writeback = 1, .num_queues = 1,
		.max_discard_sectors = 64, .max_discard_seg = 1, .max_write_zeroes_sectors = 32, .max_write_zeroes_seg = 1,
	};
	model_pci_init(&d->v, false);
	return d;
}
