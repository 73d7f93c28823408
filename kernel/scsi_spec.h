/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Constants of SCSI as a disk's initiator needs them, in the words of the SCSI Architecture Model
 * (SAM-5), the Primary Commands (SPC-4) and the Block Commands (SBC-3). Multi-byte fields are
 * big-endian.
 */
#pragma once

#include <stdint.h>

/* SAM-5, 5.3.1 Status codes */
#define SCSI_STATUS_GOOD                 0x00u
#define SCSI_STATUS_CHECK_CONDITION      0x02u
#define SCSI_STATUS_CONDITION_MET        0x04u
#define SCSI_STATUS_BUSY                 0x08u
#define SCSI_STATUS_RESERVATION_CONFLICT 0x18u
#define SCSI_STATUS_TASK_SET_FULL        0x28u
#define SCSI_STATUS_ACA_ACTIVE           0x30u
#define SCSI_STATUS_TASK_ABORTED         0x40u

/* Operation codes (SPC-4 table E.2); the upper three bits tell the length (4.3.4.1) */
#define SCSI_TEST_UNIT_READY      0x00u
#define SCSI_INQUIRY              0x12u
#define SCSI_MODE_SENSE_6         0x1au
#define SCSI_READ_CAPACITY_10     0x25u
#define SCSI_READ_10              0x28u
#define SCSI_WRITE_10             0x2au
#define SCSI_SYNCHRONIZE_CACHE_10 0x35u
#define SCSI_READ_16              0x88u
#define SCSI_WRITE_16             0x8au
#define SCSI_SERVICE_ACTION_IN_16 0x9eu /* its service action: byte 1 */
#define SCSI_SAI_READ_CAPACITY_16 0x10u
#define SCSI_REPORT_LUNS          0xa0u

/* SPC-4, 4.5 Sense data: response codes */
#define SCSI_SENSE_FIXED               0x70u
#define SCSI_SENSE_FIXED_DEFERRED      0x71u
#define SCSI_SENSE_DESCRIPTOR          0x72u
#define SCSI_SENSE_DESCRIPTOR_DEFERRED 0x73u

/* SPC-4, 4.5.6 Sense keys */
enum scsi_sense_key {
	SCSI_KEY_NO_SENSE = 0x0,
	SCSI_KEY_RECOVERED_ERROR = 0x1,
	SCSI_KEY_NOT_READY = 0x2,
	SCSI_KEY_MEDIUM_ERROR = 0x3,
	SCSI_KEY_HARDWARE_ERROR = 0x4,
	SCSI_KEY_ILLEGAL_REQUEST = 0x5,
	SCSI_KEY_UNIT_ATTENTION = 0x6,
	SCSI_KEY_DATA_PROTECT = 0x7,
	SCSI_KEY_BLANK_CHECK = 0x8,
	SCSI_KEY_COPY_ABORTED = 0xa,
	SCSI_KEY_ABORTED_COMMAND = 0xb,
	SCSI_KEY_VOLUME_OVERFLOW = 0xd,
	SCSI_KEY_MISCOMPARE = 0xe,
	SCSI_KEY_COMPLETED = 0xf,
};

/* SPC-4, annex D.2 Additional sense codes with their qualifiers: ASC << 8 | ASCQ */
#define SCSI_ASC_BECOMING_READY        0x0401u
#define SCSI_ASC_FORMAT_IN_PROGRESS    0x0404u
#define SCSI_ASC_OPERATION_IN_PROGRESS 0x0407u
#define SCSI_ASC_SELF_TEST_IN_PROGRESS 0x0409u
#define SCSI_ASC_INVALID_OPCODE        0x2000u
#define SCSI_ASC_LBA_OUT_OF_RANGE      0x2100u
#define SCSI_ASC_INVALID_FIELD_IN_CDB  0x2400u
#define SCSI_ASC_LUN_NOT_SUPPORTED     0x2500u
#define SCSI_ASC_SPACE_ALLOC_FAILED    0x2707u
#define SCSI_ASC_MEDIUM_CHANGED        0x2800u
#define SCSI_ASC_RESET_OCCURRED        0x2900u
#define SCSI_ASC_CAPACITY_CHANGED      0x2a09u
#define SCSI_ASC_MEDIUM_NOT_PRESENT    0x3a00u
#define SCSI_ASC_INQUIRY_CHANGED       0x3f03u
#define SCSI_ASC_REPORTED_LUNS_CHANGED 0x3f0eu

/* SPC-4, 6.6.2 Standard INQUIRY data, byte 0: peripheral qualifier and device type */
#define SCSI_INQUIRY_BYTES 36u
#define SCSI_TYPE_DISK     0x00u /* direct access, and connected */
#define SCSI_VPD_SERIAL    0x80u /* SPC-4, 7.8.15 */

/* SPC-4, 6.33 REPORT LUNS: LUN list length, reserved, then 8 bytes for each (SAM-5, 4.7) */
#define SCSI_LUN_LIST_HEADER   8u
#define SCSI_LUN_BYTES         8u
#define SCSI_LUN_METHOD        0xc0u /* of byte 0 */
#define SCSI_LUN_PERIPHERAL    0x00u
#define SCSI_LUN_FLAT          0x40u

/* SPC-4, 6.11 and 7.5 MODE SENSE(6): header, block descriptors, page */
#define SCSI_MODE_DBD          0x08u /* CDB byte 1: no block descriptors */
#define SCSI_MODE_HEADER       4u
#define SCSI_MODE_WP           0x80u /* header byte 2: write protected (SBC-3, 6.5.1) */
#define SCSI_MODE_PAGE_CACHING 0x08u /* SBC-3, 6.5.5 */
#define SCSI_MODE_PAGE_ALL     0x3fu
#define SCSI_MODE_PAGE_CODE    0x3fu /* bits of a page's first byte */
#define SCSI_MODE_WCE          0x04u /* caching page, byte 2: write cache enabled */

static inline uint64_t scsi_get(const uint8_t *field, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | *field++;
	return value;
}

static inline void scsi_put(uint8_t *field, unsigned bytes, uint64_t value)
{
	for (; bytes--; value >>= 8)
		field[bytes] = (uint8_t)value;
}
