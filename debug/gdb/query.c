/* SPDX-License-Identifier: BSD-2-Clause */
/* What gdb wants to know of the stub, documents, and the monitor's commands (appendix E.4). */
#include "debug/gdb/gdb.h"
#include "debug/monitor.h"
#include "kernel/printf.h"
#include <string.h>

/* Of a document: bytes before the part that is wanted, and how many of that are still missing. */
static uint64_t skipped, wanted;
static bool goes_on;

static void document_byte(char c)
{
	if (skipped) {
		skipped--;
	} else if (wanted && gdb_reply_room() >= 2) {
		wanted--;
		gdb_reply_binary(c);
	} else {
		wanted = 0;
		goes_on = true;
	}
}

void gdb_document_text(const char *text)
{
	while (*text)
		document_byte(*text++);
}

void gdb_document_number(unsigned n)
{
	char text[12];

	ksnprintf(text, sizeof(text), "%u", n);
	gdb_document_text(text);
}

void gdb_document_quoted(const char *text)
{
	for (; *text; text++)
		if (strchr("<>&\"", *text) || *text < ' ')
			document_byte('?');
		else
			document_byte(*text);
}

/* offset,len: the part's first byte says whether another follows. */
static void send_document(const char *at, void (*write)(void))
{
	uint64_t offset, len;

	if (!gdb_scan_number(&at, &offset) || !gdb_scan_char(&at, ',') || !gdb_scan_number(&at, &len)) {
		gdb_reply_error();
		return;
	}
	gdb_reply_byte('l');
	skipped = offset;
	wanted = len;
	goes_on = false;
	write();
	if (goes_on)
		gdb_reply_first('m');
}

static void supported(const char *at)
{
	(void)at;
	gdb_reply_text("PacketSize=");
	gdb_reply_number(PACKET_MAX);
	gdb_reply_text(";qXfer:features:read+;qXfer:threads:read+;QStartNoAckMode+;vContSupported+;"
		   "swbreak+;hwbreak+");
}

static void features(const char *at)
{
	send_document(at, gdb_target_document);
}

static void threads(const char *at)
{
	send_document(at, gdb_threads_document);
}

static void current(const char *at)
{
	(void)at;
	gdb_reply_text("QC");
	gdb_reply_number(gdb_current());
}

/* The system was there before gdb, and stays. */
static void attached(const char *at)
{
	(void)at;
	gdb_reply_byte('1');
}

/* Output is text of its own in packets of its own, before the answer proper. */
static void emit(const char *text, size_t len)
{
	while (len) {
		size_t n = len < PACKET_MAX / 2 - 1 ? len : PACKET_MAX / 2 - 1;

		gdb_reply_begin();
		gdb_reply_byte('O');
		gdb_reply_hex(text, n);
		gdb_reply_send();
		text += n;
		len -= n;
	}
	gdb_reply_begin();
}

static void monitor(const char *at)
{
	char line[256];
	size_t len = strlen(at) / 2;

	if (len >= sizeof(line) || !gdb_scan_hex(&at, line, len) || *at) {
		gdb_reply_error();
		return;
	}
	line[len] = '\0';
	if (monitor_run)
		monitor_run(line, emit);
	gdb_reply_ok();
}

struct query {
	const char *name; /* with what parts it from its arguments */
	void (*answer)(const char *arguments);
};

static const struct query queries[] = {
	{ "Supported", supported },
	{ "Xfer:features:read:target.xml:", features },
	{ "Xfer:threads:read::", threads },
	{ "fThreadInfo", gdb_thread_first },
	{ "sThreadInfo", gdb_thread_next },
	{ "ThreadExtraInfo,", gdb_thread_extra },
	{ "Attached", attached },
	{ "Rcmd,", monitor },
	{ "C", current },
};

void gdb_query(const char *at)
{
	for (const struct query *q = queries; q < queries + sizeof(queries) / sizeof(queries[0]); q++)
		if (gdb_scan_word(&at, q->name)) {
			q->answer(at);
			return;
		}
}

/* The packet that says so is the last one that is acknowledged. */
void gdb_set(const char *at)
{
	if (!gdb_scan_word(&at, "StartNoAckMode"))
		return;
	gdb_reply_ok();
	gdb_packet_no_acks();
}
