/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sense data of both formats, cut off anywhere, and bytes that are none.
 * Links: kernel/scsi_sense.c
 */
#include "kernel/scsi.h"
#include "kernel/scsi_spec.h"
#include "tests/host/test.h"
#include <errno.h>

static struct scsi_sense sense;

/* In memory of just that size, so that a look past its end shows. */
static bool decode(const uint8_t *bytes, uint32_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool ok;

	memcpy(copy, bytes, len);
	sense = (struct scsi_sense){ 0 };
	ok = scsi_sense_decode(copy, len, &sense);
	free(copy);
	return ok;
}

TEST(fixed)
{
	static const uint8_t bytes[18] = { 0xf0, 0, 0xe6, 1, 2, 3, 4, 10, [12] = 0x29, 0x02 };

	CHECK(decode(bytes, sizeof bytes));
	CHECK_EQ(sense.key, SCSI_KEY_UNIT_ATTENTION); /* the bits above it are others */
	CHECK_EQ(sense.asc, 0x2902);
	CHECK(!sense.deferred);
}

TEST(descriptor)
{
	static const uint8_t bytes[8] = { 0x72, 0xf5, 0x24, 0x01 };

	CHECK(decode(bytes, sizeof bytes));
	CHECK_EQ(sense.key, SCSI_KEY_ILLEGAL_REQUEST);
	CHECK_EQ(sense.asc, 0x2401);
	CHECK(!sense.deferred);
}

TEST(deferred)
{
	static const uint8_t fixed[18] = { 0x71, 0, 3 }, descriptor[8] = { 0xf3, 3 };

	CHECK(decode(fixed, sizeof fixed) && sense.deferred && sense.key == 3);
	CHECK(decode(descriptor, sizeof descriptor) && sense.deferred && sense.key == 3);
}

/* The key may be all there is. */
TEST(cut_off)
{
	static const uint8_t fixed[18] = { 0x70, 0, 2, [12] = 4, 1 }, descriptor[8] = { 0x72, 2, 4, 1 };

	for (uint32_t len = 0; len <= sizeof fixed; len++) {
		CHECK_EQ(decode(fixed, len), len >= 3);
		CHECK_EQ(sense.asc, len >= 14 ? 0x401 : 0);
	}
	for (uint32_t len = 0; len <= sizeof descriptor; len++) {
		CHECK_EQ(decode(descriptor, len), len >= 2);
		CHECK_EQ(sense.asc, len >= 4 ? 0x401 : 0);
	}
}

TEST(other_response_codes)
{
	uint8_t bytes[18] = { 0 };

	for (unsigned code = 0; code < 256; code++) {
		bytes[0] = (uint8_t)code;
		CHECK_EQ(decode(bytes, sizeof bytes), (code & 0x7f) >= 0x70 && (code & 0x7f) <= 0x73);
	}
}

/* Whatever the key and the codes: an end, or one of the two ways to try again. */
TEST(verdicts)
{
	struct blk_req read = { .op = BLK_READ };
	uint8_t bytes[8] = { 0x72 };
	struct scsi_cmd c = { .req = &read, .status = SCSI_STATUS_CHECK_CONDITION, .sense = bytes, .sense_len = 8 };
	unsigned changes = 0;

	for (unsigned i = 0; i < 16 << 16; i++) {
		bool changed;
		int verdict;

		bytes[1] = i >> 16;
		bytes[2] = i >> 8 & 0xff;
		bytes[3] = i & 0xff;
		verdict = scsi_verdict(&c, &changed);
		CHECK(verdict == 0 || verdict == SCSI_AGAIN || verdict == SCSI_LATER || verdict == -EIO || verdict == -EOPNOTSUPP ||
		      verdict == -ENODEV || verdict == -ENOSPC);
		changes += changed;
	}
	CHECK_EQ(changes, 5);
}

TEST_MAIN
