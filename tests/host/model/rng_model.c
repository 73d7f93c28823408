/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_model.h: the entropy device of section 5.4. */
#include "tests/host/model/virtio_model.h"

static void serve(struct model_virtio *v, unsigned queue, struct model_chain *c)
{
	struct model_rng *r = (struct model_rng *)v;
	uint32_t n = c->writable_bytes < r->give ? (uint32_t)c->writable_bytes : r->give;
	uint8_t bytes[256];

	RULE("RNG-01", c->readable == 0, "a device-readable buffer");
	r->requests++;
	r->held = *c;
	if (!r->give)
		return;
	memset(bytes, 0x5a, sizeof(bytes));
	model_chain_write(c, 0, bytes, n);
	model_ring_push(v, queue, c, n);
}

struct model_rng *model_rng_new(void)
{
	struct model_rng *r = calloc(1, sizeof(*r));

	model_virtio_init(&r->v, VIRTIO_ID_ENTROPY, 1, 8);
	r->v.serve = serve;
	r->give = 64;
	model_pci_init(&r->v, false);
	return r;
}
