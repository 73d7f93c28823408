/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Constants and layouts of "Virtual I/O Device (VIRTIO) Version 1.4" (OASIS, Committee
 * Specification 01), in its own words. Section numbers are that text's. Every multi-byte field is
 * little-endian, as is every processor this kernel runs on.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* 2.1 Device Status Field */
#define VIRTIO_STATUS_ACKNOWLEDGE        1u
#define VIRTIO_STATUS_DRIVER             2u
#define VIRTIO_STATUS_DRIVER_OK          4u
#define VIRTIO_STATUS_FEATURES_OK        8u
#define VIRTIO_STATUS_DEVICE_NEEDS_RESET 64u
#define VIRTIO_STATUS_FAILED             128u

/* 5 Device Types */
enum virtio_id {
	VIRTIO_ID_NET = 1,
	VIRTIO_ID_BLOCK = 2,
	VIRTIO_ID_CONSOLE = 3,
	VIRTIO_ID_ENTROPY = 4,
	VIRTIO_ID_BALLOON = 5,
	VIRTIO_ID_SCSI = 8,
	VIRTIO_ID_9P = 9,
};

/* 6 Reserved Feature Bits (bit numbers) */
#define VIRTIO_F_ANY_LAYOUT        27 /* 6.3: legacy interfaces only */
#define VIRTIO_F_INDIRECT_DESC     28
#define VIRTIO_F_EVENT_IDX         29
#define VIRTIO_F_VERSION_1         32
#define VIRTIO_F_ACCESS_PLATFORM   33
#define VIRTIO_F_RING_PACKED       34
#define VIRTIO_F_IN_ORDER          35
#define VIRTIO_F_ORDER_PLATFORM    36
#define VIRTIO_F_SR_IOV            37
#define VIRTIO_F_NOTIFICATION_DATA 38
#define VIRTIO_F_NOTIF_CONFIG_DATA 39
#define VIRTIO_F_RING_RESET        40
#define VIRTIO_F_ADMIN_VQ          41

/* 2.7.5 The Virtqueue Descriptor Table */
#define VIRTQ_DESC_F_NEXT     1u
#define VIRTQ_DESC_F_WRITE    2u   /* device-writable; else device-readable */
#define VIRTQ_DESC_F_INDIRECT 4u

struct virtq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};
static_assert(sizeof(struct virtq_desc) == 16, "2.7.5");
#define VIRTQ_DESC_ALIGN 16

/* 2.7.6 The Virtqueue Available Ring; used_event follows ring[queue size] */
#define VIRTQ_AVAIL_F_NO_INTERRUPT 1u

struct virtq_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[];
};
#define VIRTQ_AVAIL_ALIGN 2

/* 2.7.8 The Virtqueue Used Ring; avail_event follows ring[queue size] */
#define VIRTQ_USED_F_NO_NOTIFY 1u

struct virtq_used_elem {
	uint32_t id;
	uint32_t len;
};

struct virtq_used {
	uint16_t flags;
	uint16_t idx;
	struct virtq_used_elem ring[];
};
static_assert(offsetof(struct virtq_used, ring) == 4, "2.7.8");
#define VIRTQ_USED_ALIGN 4

/* 2.8 Packed Virtqueues. Indirect tables have the same entries (2.8.7) */
#define PVIRTQ_DESC_F_AVAIL (1u << 7)
#define PVIRTQ_DESC_F_USED  (1u << 15)

struct pvirtq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t id;
	uint16_t flags;  /* VIRTQ_DESC_F_* and the two above */
};
static_assert(sizeof(struct pvirtq_desc) == sizeof(struct virtq_desc), "2.8.13");

/*
 * 2.8.14 Event Suppression Structure, one for each side, as a word: the offset and the wrap counter
 * of a descriptor, and when to notify. Aligned to 4 bytes.
 */
#define PVIRTQ_EVENT_OFF(e)   ((e) & 0x7fffu)
#define PVIRTQ_EVENT_WRAP(e)  ((e) >> 15 & 1u)
#define PVIRTQ_EVENT_FLAGS(e) ((e) >> 16 & 3u)
#define PVIRTQ_EVENT_WORD(off, wrap, flags) \
	((uint32_t)(off) | (uint32_t)(wrap) << 15 | (uint32_t)(flags) << 16)
#define PVIRTQ_EVENT_ENABLE  0u
#define PVIRTQ_EVENT_DISABLE 1u
#define PVIRTQ_EVENT_DESC    2u  /* only with EVENT_IDX: that descriptor */

/* 2.7.2 Legacy Interfaces: A Note on Virtqueue Layout */
#define VIRTIO_LEGACY_ALIGN 4096u /* of the used ring, and of the whole */

/* 4.1.2 PCI Device Discovery */
#define VIRTIO_PCI_VENDOR       0x1af4
#define VIRTIO_PCI_DEVICE_BASE  0x1040 /* + enum virtio_id */
#define VIRTIO_PCI_TRANSITIONAL_BASE 0x1000 /* + a number of its own for each type */

/* 4.1.4 Virtio Structure PCI Capabilities */
enum virtio_pci_cfg_type {
	VIRTIO_PCI_CAP_COMMON_CFG = 1,
	VIRTIO_PCI_CAP_NOTIFY_CFG = 2,
	VIRTIO_PCI_CAP_ISR_CFG = 3,
	VIRTIO_PCI_CAP_DEVICE_CFG = 4,
	VIRTIO_PCI_CAP_PCI_CFG = 5,
};

struct virtio_pci_cap {
	uint8_t cap_vndr;
	uint8_t cap_next;
	uint8_t cap_len;
	uint8_t cfg_type;
	uint8_t bar;
	uint8_t id;
	uint8_t padding[2];
	uint32_t offset;
	uint32_t length;
	uint32_t notify_off_multiplier; /* 4.1.4.4: only in the notification capability */
};
static_assert(offsetof(struct virtio_pci_cap, notify_off_multiplier) == 16, "4.1.4");

/* 4.1.4.3 Common configuration structure layout */
struct virtio_pci_common_cfg {
	uint32_t device_feature_select;
	uint32_t device_feature;
	uint32_t driver_feature_select;
	uint32_t driver_feature;
	uint16_t config_msix_vector;
	uint16_t num_queues;
	uint8_t device_status;
	uint8_t config_generation;
	uint16_t queue_select;
	uint16_t queue_size;
	uint16_t queue_msix_vector;
	uint16_t queue_enable;
	uint16_t queue_notify_off;
	uint64_t queue_desc;
	uint64_t queue_driver;
	uint64_t queue_device;
	/* Since 1.2; a shorter structure ends here. */
	uint16_t queue_notif_config_data;
	uint16_t queue_reset;
	uint16_t admin_queue_index;
	uint16_t admin_queue_num;
};
static_assert(offsetof(struct virtio_pci_common_cfg, device_status) == 20, "4.1.4.3");
static_assert(offsetof(struct virtio_pci_common_cfg, queue_desc) == 32, "4.1.4.3");
static_assert(offsetof(struct virtio_pci_common_cfg, queue_notif_config_data) == 56, "4.1.4.3");
static_assert(sizeof(struct virtio_pci_common_cfg) == 64, "4.1.4.3");

/* 4.1.4.10 Legacy Interfaces: A Note on PCI Device Layout */
struct virtio_pci_legacy_cfg {
	uint32_t device_feature;
	uint32_t driver_feature;
	uint32_t queue_address;       /* of the selected queue, in units of 4096 bytes */
	uint16_t queue_size;
	uint16_t queue_select;
	uint16_t queue_notify;
	uint8_t device_status;
	uint8_t isr_status;
	/* While MSI-X is on; else the device-specific configuration starts here. */
	uint16_t config_msix_vector;
	uint16_t queue_msix_vector;
};
static_assert(offsetof(struct virtio_pci_legacy_cfg, config_msix_vector) == 20, "4.1.4.10");
static_assert(sizeof(struct virtio_pci_legacy_cfg) == 24, "4.1.4.10");

#define VIRTIO_MSI_NO_VECTOR 0xffffu /* 4.1.5.1.2 */

/* 4.2.2 MMIO Device Register Layout, 4.2.4 for the legacy ones; all are 32 bits wide */
#define VIRTIO_MMIO_MAGIC 0x74726976u /* "virt" */

enum virtio_mmio_register {
	VIRTIO_MMIO_MAGIC_VALUE = 0x000,
	VIRTIO_MMIO_VERSION = 0x004,
	VIRTIO_MMIO_DEVICE_ID = 0x008,
	VIRTIO_MMIO_VENDOR_ID = 0x00c,
	VIRTIO_MMIO_DEVICE_FEATURES = 0x010,
	VIRTIO_MMIO_DEVICE_FEATURES_SEL = 0x014,
	VIRTIO_MMIO_DRIVER_FEATURES = 0x020,
	VIRTIO_MMIO_DRIVER_FEATURES_SEL = 0x024,
	VIRTIO_MMIO_GUEST_PAGE_SIZE = 0x028,  /* legacy */
	VIRTIO_MMIO_QUEUE_SEL = 0x030,
	VIRTIO_MMIO_QUEUE_SIZE_MAX = 0x034,
	VIRTIO_MMIO_QUEUE_SIZE = 0x038,
	VIRTIO_MMIO_QUEUE_ALIGN = 0x03c,      /* legacy */
	VIRTIO_MMIO_QUEUE_PFN = 0x040,        /* legacy */
	VIRTIO_MMIO_QUEUE_READY = 0x044,
	VIRTIO_MMIO_QUEUE_NOTIFY = 0x050,
	VIRTIO_MMIO_INTERRUPT_STATUS = 0x060,
	VIRTIO_MMIO_INTERRUPT_ACK = 0x064,
	VIRTIO_MMIO_STATUS = 0x070,
	VIRTIO_MMIO_QUEUE_DESC_LOW = 0x080,   /* each address has its upper half behind it */
	VIRTIO_MMIO_QUEUE_DRIVER_LOW = 0x090,
	VIRTIO_MMIO_QUEUE_DEVICE_LOW = 0x0a0,
	VIRTIO_MMIO_QUEUE_RESET = 0x0c0,
	VIRTIO_MMIO_CONFIG_GENERATION = 0x0fc,
	VIRTIO_MMIO_CONFIG = 0x100,
};

/* 5.1 Network Device */
#define VIRTIO_NET_F_CSUM       0
#define VIRTIO_NET_F_GUEST_CSUM 1
#define VIRTIO_NET_F_CTRL_GUEST_OFFLOADS 2
#define VIRTIO_NET_F_MTU        3
#define VIRTIO_NET_F_MAC        5
#define VIRTIO_NET_F_GUEST_TSO4 7
#define VIRTIO_NET_F_GUEST_TSO6 8
#define VIRTIO_NET_F_GUEST_ECN  9
#define VIRTIO_NET_F_GUEST_UFO  10
#define VIRTIO_NET_F_HOST_TSO4  11
#define VIRTIO_NET_F_HOST_TSO6  12
#define VIRTIO_NET_F_HOST_ECN   13
#define VIRTIO_NET_F_HOST_UFO   14
#define VIRTIO_NET_F_MRG_RXBUF  15
#define VIRTIO_NET_F_STATUS     16
#define VIRTIO_NET_F_CTRL_VQ    17
#define VIRTIO_NET_F_CTRL_RX    18
#define VIRTIO_NET_F_CTRL_VLAN  19
#define VIRTIO_NET_F_CTRL_RX_EXTRA 20
#define VIRTIO_NET_F_GUEST_ANNOUNCE 21
#define VIRTIO_NET_F_MQ         22
#define VIRTIO_NET_F_CTRL_MAC_ADDR 23

#define VIRTIO_NET_S_LINK_UP 1u

struct virtio_net_config {          /* 5.1.4, as far as this driver reads it */
	uint8_t mac[6];
	uint16_t status;
	uint16_t max_virtqueue_pairs;
	uint16_t mtu;
} __attribute__((packed));
static_assert(offsetof(struct virtio_net_config, mtu) == 10, "5.1.4");

#define VIRTIO_NET_HDR_F_NEEDS_CSUM 1u
#define VIRTIO_NET_HDR_F_DATA_VALID 2u
#define VIRTIO_NET_HDR_GSO_NONE     0u

struct virtio_net_hdr {             /* 5.1.6 */
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers;       /* with VERSION_1; without it only with MRG_RXBUF */
};
static_assert(sizeof(struct virtio_net_hdr) == 12, "5.1.6");

/* 5.2 Block Device */
#define VIRTIO_BLK_F_SIZE_MAX     1
#define VIRTIO_BLK_F_SEG_MAX      2
#define VIRTIO_BLK_F_GEOMETRY     4
#define VIRTIO_BLK_F_RO           5
#define VIRTIO_BLK_F_BLK_SIZE     6
#define VIRTIO_BLK_F_FLUSH        9
#define VIRTIO_BLK_F_TOPOLOGY     10
#define VIRTIO_BLK_F_CONFIG_WCE   11
#define VIRTIO_BLK_F_MQ           12
#define VIRTIO_BLK_F_DISCARD      13
#define VIRTIO_BLK_F_WRITE_ZEROES 14
#define VIRTIO_BLK_F_LIFETIME     15
#define VIRTIO_BLK_F_SECURE_ERASE 16
#define VIRTIO_BLK_F_ZONED        17

struct virtio_blk_config {          /* 5.2.4, as far as this driver reads it */
	uint64_t capacity;          /* 512-byte sectors */
	uint32_t size_max;
	uint32_t seg_max;
	struct {
		uint16_t cylinders;
		uint8_t heads, sectors;
	} geometry;
	uint32_t blk_size;
	struct {
		uint8_t physical_block_exp;
		uint8_t alignment_offset;
		uint16_t min_io_size;
		uint32_t opt_io_size;
	} topology;
	uint8_t writeback;
	uint8_t unused0;
	uint16_t num_queues;
	uint32_t max_discard_sectors;
	uint32_t max_discard_seg;
	uint32_t discard_sector_alignment;
	uint32_t max_write_zeroes_sectors;
	uint32_t max_write_zeroes_seg;
	uint8_t write_zeroes_may_unmap;
	uint8_t unused1[3];
};
static_assert(offsetof(struct virtio_blk_config, writeback) == 32, "5.2.4");
static_assert(offsetof(struct virtio_blk_config, max_write_zeroes_sectors) == 48, "5.2.4");

enum virtio_blk_type {
	VIRTIO_BLK_T_IN = 0,
	VIRTIO_BLK_T_OUT = 1,
	VIRTIO_BLK_T_FLUSH = 4,
	VIRTIO_BLK_T_GET_ID = 8,
	VIRTIO_BLK_T_DISCARD = 11,
	VIRTIO_BLK_T_WRITE_ZEROES = 13,
};

struct virtio_blk_outhdr {          /* 5.2.6: the device-readable head of a request */
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};
static_assert(sizeof(struct virtio_blk_outhdr) == 16, "5.2.6");

#define VIRTIO_BLK_DISCARD_F_UNMAP 1u

struct virtio_blk_discard_write_zeroes {
	uint64_t sector;
	uint32_t num_sectors;
	uint32_t flags;             /* bit 0: unmap; WRITE_ZEROES only */
};
static_assert(sizeof(struct virtio_blk_discard_write_zeroes) == 16, "5.2.6");

#define VIRTIO_BLK_ID_BYTES 20u

#define VIRTIO_BLK_S_OK     0u
#define VIRTIO_BLK_S_IOERR  1u
#define VIRTIO_BLK_S_UNSUPP 2u

/* 5.3 Console Device */
#define VIRTIO_CONSOLE_F_SIZE        0
#define VIRTIO_CONSOLE_F_MULTIPORT   1
#define VIRTIO_CONSOLE_F_EMERG_WRITE 2

struct virtio_console_config {      /* 5.3.4 */
	uint16_t cols;
	uint16_t rows;
	uint32_t max_nr_ports;
	uint32_t emerg_wr;
};
static_assert(sizeof(struct virtio_console_config) == 12, "5.3.4");

/* 5.3.2: port 0 has queues 0 and 1, port n > 0 has 2n + 2 and 2n + 3 */
#define VIRTIO_CONSOLE_CONTROL_RECEIVEQ  2u
#define VIRTIO_CONSOLE_CONTROL_TRANSMITQ 3u

struct virtio_console_control {     /* 5.3.6.2: a name or a size may follow */
	uint32_t id;
	uint16_t event;
	uint16_t value;
};
static_assert(sizeof(struct virtio_console_control) == 8, "5.3.6.2");

enum virtio_console_event {
	VIRTIO_CONSOLE_DEVICE_READY = 0,
	VIRTIO_CONSOLE_DEVICE_ADD = 1,
	VIRTIO_CONSOLE_DEVICE_REMOVE = 2,
	VIRTIO_CONSOLE_PORT_READY = 3,
	VIRTIO_CONSOLE_CONSOLE_PORT = 4,
	VIRTIO_CONSOLE_RESIZE = 5,
	VIRTIO_CONSOLE_PORT_OPEN = 6,
	VIRTIO_CONSOLE_PORT_NAME = 7,
};

struct virtio_console_resize {      /* 5.3.6.2 */
	uint16_t cols;
	uint16_t rows;
};

/* 5.5 Traditional Memory Balloon Device */
#define VIRTIO_BALLOON_F_MUST_TELL_HOST 0
#define VIRTIO_BALLOON_F_STATS_VQ       1
#define VIRTIO_BALLOON_F_DEFLATE_ON_OOM 2
#define VIRTIO_BALLOON_F_FREE_PAGE_HINT 3
#define VIRTIO_BALLOON_F_PAGE_POISON    4
#define VIRTIO_BALLOON_F_PAGE_REPORTING 5

enum virtio_balloon_queue {         /* 5.5.2 */
	VIRTIO_BALLOON_INFLATEQ,
	VIRTIO_BALLOON_DEFLATEQ,
	VIRTIO_BALLOON_STATSQ,
	VIRTIO_BALLOON_FREE_PAGE_VQ,
	VIRTIO_BALLOON_REPORTING_VQ,
};

struct virtio_balloon_config {      /* 5.5.4: little-endian behind a legacy interface, too */
	uint32_t num_pages;
	uint32_t actual;
	uint32_t free_page_hint_cmd_id;
	uint32_t poison_val;
};
static_assert(sizeof(struct virtio_balloon_config) == 16, "5.5.4");

#define VIRTIO_BALLOON_PFN_SHIFT 12 /* 5.5.6: the balloon's pages are of 4096 bytes everywhere */

struct virtio_balloon_stat {        /* 5.5.6.3 */
	uint16_t tag;
	uint64_t val;
} __attribute__((packed));
static_assert(sizeof(struct virtio_balloon_stat) == 10, "5.5.6.3");

enum virtio_balloon_tag {           /* 5.5.6.4; memory in bytes */
	VIRTIO_BALLOON_S_SWAP_IN,
	VIRTIO_BALLOON_S_SWAP_OUT,
	VIRTIO_BALLOON_S_MAJFLT,
	VIRTIO_BALLOON_S_MINFLT,
	VIRTIO_BALLOON_S_MEMFREE,
	VIRTIO_BALLOON_S_MEMTOT,
	VIRTIO_BALLOON_S_AVAIL,
	VIRTIO_BALLOON_S_CACHES,
	VIRTIO_BALLOON_S_HTLB_PGALLOC,
	VIRTIO_BALLOON_S_HTLB_PGFAIL,
	VIRTIO_BALLOON_S_OOM_KILL,
	VIRTIO_BALLOON_S_ALLOC_STALL,
	VIRTIO_BALLOON_S_SCAN_ASYNC,
	VIRTIO_BALLOON_S_SCAN_DIRECT,
	VIRTIO_BALLOON_S_RECLAIM_ASYNC,
	VIRTIO_BALLOON_S_RECLAIM_DIRECT,
};

#define VIRTIO_BALLOON_CMD_ID_STOP 0u /* 5.5.6.5; from 2 on: a new command */
#define VIRTIO_BALLOON_CMD_ID_DONE 1u

/* 5.6 SCSI Host Device */
#define VIRTIO_SCSI_F_INOUT   0
#define VIRTIO_SCSI_F_HOTPLUG 1
#define VIRTIO_SCSI_F_CHANGE  2
#define VIRTIO_SCSI_F_T10_PI  3

enum virtio_scsi_queue {            /* 5.6.2 */
	VIRTIO_SCSI_CONTROLQ = 0,
	VIRTIO_SCSI_EVENTQ = 1,
	VIRTIO_SCSI_REQUESTQ = 2,   /* the first of num_queues */
};

struct virtio_scsi_config {         /* 5.6.4 */
	uint32_t num_queues;
	uint32_t seg_max;
	uint32_t max_sectors;
	uint32_t cmd_per_lun;
	uint32_t event_info_size;
	uint32_t sense_size;
	uint32_t cdb_size;
	uint16_t max_channel;
	uint16_t max_target;
	uint32_t max_lun;
};
static_assert(sizeof(struct virtio_scsi_config) == 36, "5.6.4");

/* What sense_size and cdb_size are after a reset */
#define VIRTIO_SCSI_SENSE_SIZE 96u
#define VIRTIO_SCSI_CDB_SIZE   32u

struct virtio_scsi_cmd_req {        /* 5.6.6.1: device-readable, data out follows */
	uint8_t lun[8];
	uint64_t id;
	uint8_t task_attr;
	uint8_t prio;
	uint8_t crn;
	uint8_t cdb[VIRTIO_SCSI_CDB_SIZE];
} __attribute__((packed));
static_assert(sizeof(struct virtio_scsi_cmd_req) == 51, "5.6.6.1");

struct virtio_scsi_cmd_resp {       /* device-writable, data in follows */
	uint32_t sense_len;
	uint32_t residual;
	uint16_t status_qualifier;
	uint8_t status;
	uint8_t response;
	uint8_t sense[VIRTIO_SCSI_SENSE_SIZE];
};
static_assert(sizeof(struct virtio_scsi_cmd_resp) == 108, "5.6.6.1");

/* lun[]: 1, the target, the single-level logical unit number with this over it, zeros */
#define VIRTIO_SCSI_LUN_FLAT 0x40u

enum virtio_scsi_response {
	VIRTIO_SCSI_S_OK = 0,
	VIRTIO_SCSI_S_OVERRUN = 1,
	VIRTIO_SCSI_S_ABORTED = 2,
	VIRTIO_SCSI_S_BAD_TARGET = 3,
	VIRTIO_SCSI_S_RESET = 4,
	VIRTIO_SCSI_S_BUSY = 5,
	VIRTIO_SCSI_S_TRANSPORT_FAILURE = 6,
	VIRTIO_SCSI_S_TARGET_FAILURE = 7,
	VIRTIO_SCSI_S_NEXUS_FAILURE = 8,
	VIRTIO_SCSI_S_FAILURE = 9,
};

struct virtio_scsi_event {          /* 5.6.6.3 */
	uint32_t event;
	uint8_t lun[8];
	uint32_t reason;
};
static_assert(sizeof(struct virtio_scsi_event) == 16, "5.6.6.3");

#define VIRTIO_SCSI_T_EVENTS_MISSED      0x80000000u
#define VIRTIO_SCSI_T_NO_EVENT           0u
#define VIRTIO_SCSI_T_TRANSPORT_RESET    1u
#define VIRTIO_SCSI_T_ASYNC_NOTIFY       2u
#define VIRTIO_SCSI_T_PARAM_CHANGE       3u
#define VIRTIO_SCSI_EVT_RESET_HARD       0u
#define VIRTIO_SCSI_EVT_RESET_RESCAN     1u
#define VIRTIO_SCSI_EVT_RESET_REMOVED    2u
