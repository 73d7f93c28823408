/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model virtio device: strict about what a driver does (VIRTIO 1.4; each refusal names the requirement it rests on), hostile on request.
 *
 * virtio_model.c    what every transport shares: status, features, configuration, queues
 * virtio_pci_model.c the PCI front: capabilities, register windows, MSI-X, INTx
 * virtio_pci_legacy_model.c its registers of before 1.0
 * virtio_mmio_model.c the MMIO front, of either version
 * direct_model.c    a front without registers: the driver's calls, as they come
 * ring_*model.c     the device's side of a ring
 * *_model.c         device types, which serve chains of buffers
 */
#pragma once

#include "tests/host/model/bus.h"
#include "tests/host/model/machine.h"
#include "tests/host/model/rule.h"
#include "virtio/virtio_spec.h"

#define MODEL_QUEUES  8
#define MODEL_RING    1024
#define MODEL_PIECES  1024
#define MODEL_VECTORS 16

struct model_virtio;

/* What the next used entry is made to be. */
enum model_used_fault {
	USED_HONEST,
	USED_ID_TOO_BIG,       /* not an index of the ring */
	USED_ID_FREE,          /* an index that is not in flight */
	USED_ID_REPEATED,      /* the one before, again */
	USED_ID_INNER,         /* a descriptor inside a chain, not its head */
	USED_LEN_TOO_LONG,
	USED_INDEX_JUMP,       /* idx runs far ahead */
	USED_INDEX_BACK,
	USED_NEVER_OFFERED,    /* another one before it, of nothing */
	USED_FAULTS,           /* how many there are */
};

struct model_faults {
	bool refuse_features_ok;
	bool never_resets;            /* status never reads 0 again */
	bool queue_never_resets;
	unsigned slow_reset;          /* so many status reads before it does */
	bool refuse_config_vector, refuse_queue_vectors;
	uint16_t refuse_vectors_from; /* and above; 0: none */
	enum model_used_fault used;   /* once */
	unsigned config_tears;        /* the configuration changes in the middle of so many reads */
};

struct model_queue {
	uint16_t max, notify_off;
	/* What the driver programmed. */
	uint16_t size, vector;
	bool enabled;
	unsigned halves_written;      /* of the three addresses */
	uint64_t desc, driver, device;
	/* The device's side. */
	uint16_t last_avail, used_idx, notified_avail; /* split: indices; packed: slots, but the last */
	bool avail_wrap, used_wrap;                    /* packed */
	uint16_t skipped;             /* split: buffers, packed: slots that the next used entry speaks for */
	bool notified;
	bool in_flight[MODEL_RING];   /* split: descriptors of chains the device has; packed: buffer ids */
	uint16_t repeat_id;
	struct pvirtq_desc shadow[MODEL_RING]; /* packed: descriptors as they were made available */
	unsigned notifications, interrupts;
	/* RING_RESET */
	bool resetting;
	unsigned reset_reads, resets;
};

/* One chain of buffers, as the device got it. */
struct model_chain {
	uint16_t head;                /* its id */
	uint16_t count;               /* descriptors in the ring */
	unsigned n, readable;
	struct { uint8_t *addr; uint32_t len; } piece[MODEL_PIECES];
	uint64_t readable_bytes, writable_bytes;
};

/* A field of the device-specific configuration: how it has to be read, and what has to be offered for that. */
struct model_field {
	uint16_t off, width, count;   /* count > 1: an array, read as single elements */
	int feature;                  /* bit, -1: always there */
	bool writable;
};

/* The registers of an MMIO device that nothing else has. */
struct model_mmio {
	struct model_region region;
	uint32_t magic, version;
	bool empty;                   /* a slot without a device */
	unsigned gsi;
	unsigned seen;                /* of magic, version and device id: which were read */
	bool feature_select_written, driver_select_written, in_use_read, page_size_written, align_written;
	uint32_t acked;
};

struct model_virtio {
	struct model_actor actor;
	unsigned type;
	bool legacy;                  /* behind a legacy interface: no FEATURES_OK, 32 feature bits, rings as in 2.7.2 */
	uint64_t offered, accepted;
	uint64_t needs_any[64];       /* by feature bit: at least one of these must be accepted with it */
	uint8_t status;
	bool features_ok_seen;        /* status was read back after FEATURES_OK */
	bool resetting;
	unsigned reset_reads;
	unsigned resets;
	uint32_t feature_select, driver_feature_select, driver_feature[2];
	unsigned feature_words_written, feature_words_read;
	struct model_queue queue[MODEL_QUEUES];
	unsigned nqueues;
	bool broken;                  /* a ring was unusable: serve nothing more until the next reset */
	uint8_t config[64] __attribute__((aligned(8)));
	unsigned config_len;
	const struct model_field *fields;
	uint8_t generation;
	bool config_pending;          /* the driver is to be told of a change */
	bool poll_mode;               /* wants no notifications, looks by itself */
	bool suppress;                /* with poll_mode off: NO_NOTIFY or a far avail_event while it serves */
	struct model_faults fault;
	void (*serve)(struct model_virtio *, unsigned queue, struct model_chain *); /* answers with model_ring_push(), now or later */
	void (*reset)(struct model_virtio *);
	void (*queue_reset)(struct model_virtio *, unsigned queue); /* NULL, or: forgets what it has of a queue */
	void (*config_read_hook)(struct model_virtio *, unsigned off); /* between two reads of a field */
	void (*config_watch)(struct model_virtio *, unsigned off);     /* NULL, or: rules of the type about reading it */
	/* NULL, or: a field of the type that may be written at any time was. False: another */
	bool (*config_written)(struct model_virtio *, unsigned off, uint32_t value);
	void (*config_stored)(struct model_virtio *, unsigned off, unsigned width); /* NULL, or: and about writing */
	/* Interrupts, whatever the transport. */
	void (*raise)(struct model_virtio *, uint16_t vector, uint8_t cause);
	uint8_t isr;                  /* ISR status, or InterruptStatus */
	uint8_t isr_noise;            /* undefined bits that read as set */
	unsigned isr_reads;
	const char *width_rule;       /* the id of the rule how wide configuration fields are read */
	/* PCI. */
	unsigned modern_accesses, legacy_accesses, port_notifications;
	uint16_t notif_config_data;   /* + queue index: what NOTIF_CONFIG_DATA names a queue by */
	struct model_function pci;
	struct virtio_pci_cap cap[12];
	unsigned ncaps;
	unsigned nvectors;            /* MSI-X table size; 0: no capability */
	uint32_t msix[MODEL_VECTORS * 4];
	bool msix_pending[MODEL_VECTORS];
	uint16_t config_vector, queue_select;
	unsigned msix_capability;
	unsigned notify_multiplier;
	struct model_mmio mmio;
};

/*
 * A test that runs in a machine of its own for each ring format that a device may offer: split or packed, with and without
 * indirect tables, event indices and use in order, of the sizes there are. model_virtio_init() sees to that.
 */
#define RING_TEST(id)									\
	static void machine_##id(void);							\
	TEST(id) { model_in_each_ring(machine_##id); }					\
	static void machine_##id(void)
void model_in_each_ring(void (*run)(void));

/* --- virtio_model.c --- */
void model_virtio_init(struct model_virtio *, unsigned type, unsigned nqueues, uint16_t queue_max);
uint8_t model_status_read(struct model_virtio *);
void model_status_write(struct model_virtio *, uint8_t);
void model_features_write(struct model_virtio *, uint32_t word);
uint32_t model_features_read(struct model_virtio *);
void model_queue_enable(struct model_virtio *, unsigned index);
bool model_queue_reset(struct model_virtio *, unsigned index); /* 2.6.1, at once. False: it never ends */
uint32_t model_config_read(struct model_virtio *, unsigned off, unsigned width);
void model_config_write(struct model_virtio *, unsigned off, uint32_t value, unsigned width);
void model_notify(struct model_virtio *, unsigned index);
bool model_touch(struct model_virtio *, const char *what); /* false: in the middle of a reset, refused */
static inline bool model_accepted(const struct model_virtio *m, unsigned bit) { return m->accepted >> bit & 1; }

/* The configuration changed, or the device wants a reset: tells the driver. */
void model_config_changed(struct model_virtio *);
void model_needs_reset(struct model_virtio *);

/* --- virtio_pci_model.c --- */
void model_pci_init(struct model_virtio *, bool transitional_id); /* fills in cap[] with a usual layout; tests may change it */
void model_pci_plug(struct model_virtio *);                       /* builds configuration space from cap[] and adds it to the bus */
/* BAR 0 of ports as legacy devices have it; with modern false nothing else, and nothing of 1.0. */
void model_pci_legacy(struct model_virtio *, bool modern);
/* A notification structure among the ports, which the device prefers. */
void model_pci_port_notify(struct model_virtio *);
void model_interrupt(struct model_virtio *, uint16_t vector);     /* buffers were used */
void model_config_interrupt(struct model_virtio *);
bool model_pci_msix_on(const struct model_virtio *);
uint16_t model_pci_vector_answer(struct model_virtio *, uint16_t vector, bool refuse);

/* --- virtio_pci_legacy_model.c --- */
extern const struct model_bar model_pci_legacy_bar;

/* --- virtio_mmio_model.c --- */
#define MODEL_MMIO_BASE 0xfeb00000ull
void model_mmio_plug(struct model_virtio *, unsigned slot, unsigned gsi); /* instead of model_pci_plug(); version 1 if legacy */

/* --- direct_model.c --- */
int model_direct_add(struct model_virtio *); /* what virtio_add() says */

/* --- ring_model.c --- */
void model_ring_enabled(struct model_virtio *, unsigned queue);
bool model_ring_pop(struct model_virtio *, unsigned queue, struct model_chain *);
void model_ring_push(struct model_virtio *, unsigned queue, const struct model_chain *, uint32_t written);
void model_ring_skip(struct model_virtio *, unsigned queue, const struct model_chain *); /* IN_ORDER: used, and the next one pushed says so */
void model_ring_notified(struct model_virtio *, unsigned queue);
void model_ring_notification_data(struct model_virtio *, unsigned queue, uint16_t position);
bool model_ring_wants_service(struct model_virtio *, unsigned queue);
void model_ring_wait(struct model_virtio *, unsigned queue);      /* served everything: wants to be notified of more */
void model_chain_read(const struct model_chain *, uint64_t off, void *buf, size_t len);
void model_chain_write(const struct model_chain *, uint64_t off, const void *buf, size_t len); /* off from the first writable byte */

/* --- device types --- */
struct model_disk {
	struct model_virtio v;
	uint8_t *data;
	uint64_t sectors;
	bool hold;                    /* keeps requests instead of answering */
	struct model_chain held[256];
	unsigned nheld;
	uint8_t next_status;          /* of the next request; then OK again */
	uint32_t short_by;            /* bytes by which used lengths are too short */
	unsigned requests, flushes, discards, zeroes, idents;
	uint32_t last_range_flags;
	uint64_t max_range;           /* sectors of the largest DISCARD or WRITE_ZEROES seen */
};
struct model_disk *model_disk_new(uint64_t sectors, uint64_t features);
struct virtio_blk_config *model_disk_config(struct model_disk *);
void model_disk_release(struct model_disk *); /* answers what was held, last first */

struct model_net {
	struct model_virtio v;
	uint8_t sent[64][2048];       /* frames the driver sent, without header */
	uint32_t sent_len[64];
	struct virtio_net_hdr sent_header[64];
	unsigned nsent;
	bool hold_tx;
	struct model_chain rx[256];   /* buffers the driver offers, in a circle */
	unsigned nrx, first_rx;
	struct model_chain held_tx[256];
	unsigned nheld_tx;
};
struct model_net *model_net_new(uint64_t features);
bool model_net_deliver(struct model_net *, const void *frame, uint32_t len, uint8_t flags); /* false: no buffer */
void model_net_release_tx(struct model_net *);

struct model_rng {
	struct model_virtio v;
	uint32_t give;                /* bytes per request at most; 0: keeps it */
	unsigned requests;
	struct model_chain held;
};
struct model_rng *model_rng_new(void);

#define MODEL_PORTS 3

struct model_console {
	struct model_virtio v;
	bool present[MODEL_PORTS], is_console[MODEL_PORTS], connected[MODEL_PORTS];
	const char *name[MODEL_PORTS];
	bool open[MODEL_PORTS];       /* the driver's side, as it said last */
	char sent[MODEL_PORTS][100000];
	size_t nsent[MODEL_PORTS];
	bool hold;                    /* keeps what the driver sends instead of taking it */
	struct model_chain held[MODEL_PORTS][16], rx[MODEL_PORTS][16], control[1024];
	unsigned nheld[MODEL_PORTS], nrx[MODEL_PORTS], ncontrol;
	struct { struct virtio_console_control m; char payload[256]; size_t len; } to_say[64]; /* when there is a buffer */
	unsigned nto_say;
	struct virtio_console_control said[200]; /* by the driver */
	unsigned nsaid;
	char emergency[1000];
	unsigned nemergency;
};
struct model_console *model_console_new(uint64_t features);
/* How many bytes found a buffer. */
size_t model_console_deliver(struct model_console *, unsigned port, const void *, size_t len);
void model_console_release(struct model_console *);
/* A control message, with what follows it, as soon as there is a buffer. */
void model_console_say(struct model_console *, uint32_t id, unsigned event, unsigned value, const void *payload, size_t len);
void model_console_plug(struct model_console *, unsigned port, bool plugged);
