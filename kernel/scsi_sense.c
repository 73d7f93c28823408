/* SPDX-License-Identifier: BSD-2-Clause */
/* What a command's status and sense data mean for its request (SAM-5 5.3.1, SPC-4 4.5). */
#include "kernel/scsi.h"
#include "kernel/scsi_spec.h"
#include <errno.h>

bool scsi_sense_decode(const uint8_t *s, uint32_t len, struct scsi_sense *out)
{
	unsigned code = len ? s[0] & 0x7f : 0;
	bool descriptor = code >= SCSI_SENSE_DESCRIPTOR;
	unsigned asc = descriptor ? 2 : 12;

	if (code < SCSI_SENSE_FIXED || code > SCSI_SENSE_DESCRIPTOR_DEFERRED ||
	    len <= (descriptor ? 1u : 2u))
		return false;
	out->deferred = code & 1;
	out->key = s[descriptor ? 1 : 2] & 0xf;
	out->asc = len > asc + 1 ? (uint16_t)(s[asc] << 8 | s[asc + 1]) : 0;
	return true;
}

static int not_ready(const struct scsi_sense *s)
{
	switch (s->asc) {
	case SCSI_ASC_BECOMING_READY:
	case SCSI_ASC_FORMAT_IN_PROGRESS:
	case SCSI_ASC_OPERATION_IN_PROGRESS:
	case SCSI_ASC_SELF_TEST_IN_PROGRESS:
		return SCSI_LATER;
	}
	return -EIO;
}

static int illegal_request(const struct scsi_sense *s, bool *changed)
{
	switch (s->asc) {
	case SCSI_ASC_INVALID_OPCODE:
	case SCSI_ASC_INVALID_FIELD_IN_CDB:
		return -EOPNOTSUPP;
	case SCSI_ASC_LUN_NOT_SUPPORTED:
		*changed = true;
		return -ENODEV;
	}
	return -EIO;
}

static int unit_attention(const struct scsi_sense *s, bool *changed)
{
	switch (s->asc) {
	case SCSI_ASC_MEDIUM_CHANGED:
	case SCSI_ASC_CAPACITY_CHANGED:
	case SCSI_ASC_INQUIRY_CHANGED:
	case SCSI_ASC_REPORTED_LUNS_CHANGED:
		*changed = true;
	}
	return SCSI_AGAIN; /* it was only told, once; the command was not carried out */
}

/* A deferred error is an earlier write's: a flush, which vouches for those, must not succeed. */
static int sense_verdict(const struct scsi_cmd *c, bool *changed)
{
	struct scsi_sense s;

	if (!scsi_sense_decode(c->sense, c->sense_len, &s))
		return SCSI_AGAIN;
	if (s.deferred)
		return c->req->op == BLK_FLUSH ? -EIO : SCSI_AGAIN;
	switch (s.key) {
	case SCSI_KEY_NO_SENSE:
	case SCSI_KEY_RECOVERED_ERROR:
	case SCSI_KEY_COMPLETED:
		return 0;
	case SCSI_KEY_NOT_READY:
		return not_ready(&s);
	case SCSI_KEY_ILLEGAL_REQUEST:
		return illegal_request(&s, changed);
	case SCSI_KEY_UNIT_ATTENTION:
		return unit_attention(&s, changed);
	case SCSI_KEY_DATA_PROTECT:
		if (s.asc == SCSI_ASC_SPACE_ALLOC_FAILED)
			return -ENOSPC;
		return c->req->op == BLK_READ ? -EIO : -EROFS;
	case SCSI_KEY_ABORTED_COMMAND:
		return SCSI_AGAIN;
	case SCSI_KEY_VOLUME_OVERFLOW:
		return -ENOSPC;
	}
	return -EIO;
}

static int status_verdict(const struct scsi_cmd *c, bool *changed)
{
	switch (c->status) {
	case SCSI_STATUS_GOOD:
	case SCSI_STATUS_CONDITION_MET:
		return 0;
	case SCSI_STATUS_CHECK_CONDITION:
		return sense_verdict(c, changed);
	case SCSI_STATUS_BUSY:
	case SCSI_STATUS_TASK_SET_FULL:
	case SCSI_STATUS_ACA_ACTIVE:
		return SCSI_LATER;
	case SCSI_STATUS_TASK_ABORTED:
		return SCSI_AGAIN;
	}
	return -EIO;
}

int scsi_verdict(const struct scsi_cmd *c, bool *changed)
{
	static const int8_t verdicts[] = {
		[SCSI_NOT_NOW] = SCSI_LATER,
		[SCSI_DISTURBED] = SCSI_AGAIN,
		[SCSI_NO_DEVICE] = -ENODEV,
		[SCSI_FAILED] = -EIO,
	};

	*changed = c->delivery == SCSI_NO_DEVICE;
	return c->delivery == SCSI_DELIVERED ? status_verdict(c, changed) : verdicts[c->delivery];
}
