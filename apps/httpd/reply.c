/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An answer: status line, fields, and a body from memory or from a file, read piece by piece as the
 * client takes it.
 */
#include "httpd.h"
#include <unistd.h>

#define PIECE 32768 /* bytes read from a file at once; reads start at multiples of it */

static const char *reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 206: return "Partial Content";
	case 301: return "Moved Permanently";
	case 304: return "Not Modified";
	case 400: return "Bad Request";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 408: return "Request Timeout";
	case 411: return "Length Required";
	case 412: return "Precondition Failed";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 416: return "Range Not Satisfiable";
	case 431: return "Request Header Fields Too Large";
	case 501: return "Not Implemented";
	case 503: return "Service Unavailable";
	case 505: return "HTTP Version Not Supported";
	default:  return "Internal Server Error";
	}
}

void reply_init(struct reply *rp)
{
	*rp = (struct reply){ .file = -1 };
}

void reply_free(struct reply *rp)
{
	if (rp->file >= 0)
		close(rp->file);
	buffer_free(&rp->out);
	reply_init(rp);
}

static void status_line(struct reply *rp, int status)
{
	buffer_puts(&rp->out, "HTTP/1.1 ");
	buffer_number(&rp->out, (uint64_t)status);
	buffer_puts(&rp->out, " ");
	buffer_puts(&rp->out, reason(status));
	buffer_puts(&rp->out, "\r\n");
}

void reply_begin(struct reply *rp, int status, bool http_1_0, time_t now)
{
	rp->status = status;
	rp->out.len = 0;
	status_line(rp, status);
	reply_date(rp, "Date", now);
	reply_field(rp, "Server", "thimble");
	if (rp->close)
		reply_field(rp, "Connection", "close");
	else if (http_1_0)
		reply_field(rp, "Connection", "keep-alive");
}

void reply_field(struct reply *rp, const char *name, const char *value)
{
	buffer_puts(&rp->out, name);
	buffer_puts(&rp->out, ": ");
	buffer_puts(&rp->out, value);
	buffer_puts(&rp->out, "\r\n");
}

void reply_date(struct reply *rp, const char *name, time_t t)
{
	char date[DATE_SIZE];

	date_format(t, date);
	reply_field(rp, name, date);
}

void reply_length(struct reply *rp, off_t length)
{
	rp->length = length;
	buffer_puts(&rp->out, "Content-Length: ");
	buffer_number(&rp->out, (uint64_t)length);
	buffer_puts(&rp->out, "\r\n");
}

static void end_head(struct reply *rp, const char *type, off_t length)
{
	reply_field(rp, "Content-Type", type);
	reply_length(rp, length);
	reply_end_head(rp);
}

void reply_body(struct reply *rp, const char *type, const struct buffer *body, bool head_only)
{
	end_head(rp, type, (off_t)body->len);
	if (body->failed)
		rp->out.failed = true;
	else if (!head_only)
		buffer_append(&rp->out, body->data, body->len);
}

/*
 * Appends the next piece of the file. The client was promised length bytes: a file that ends early
 * is an error.
 */
static int read_piece(struct reply *rp)
{
	size_t want = PIECE - (size_t)(rp->at % PIECE);
	ssize_t got;

	if ((off_t)want > rp->left)
		want = (size_t)rp->left;
	if (want == 0)
		return 0;
	if (!buffer_reserve(&rp->out, want))
		return -1;
	got = pread(rp->file, rp->out.data + rp->out.len, want, rp->at);
	if (got <= 0)
		return -1;
	rp->out.len += (size_t)got;
	rp->at += got;
	rp->left -= got;
	return 0;
}

int reply_file(struct reply *rp, const char *type, int file, off_t at, off_t length, bool head_only)
{
	end_head(rp, type, length);
	rp->file = file;
	rp->at = at;
	rp->left = head_only ? 0 : length;
	return read_piece(rp);
}

void reply_end_head(struct reply *rp)
{
	buffer_puts(&rp->out, "\r\n");
}

void reply_error(struct reply *rp, int status, bool http_1_0, bool head_only, time_t now)
{
	struct buffer page = { 0 };

	reply_begin(rp, status, http_1_0, now);
	if (status == 405)
		reply_field(rp, "Allow", "GET, HEAD");
	if (status == 503)
		reply_field(rp, "Retry-After", "1");
	buffer_printf(&page, "<!DOCTYPE html>\n<html lang=\"en\"><title>%d %s</title>\n<h1>%d %s</h1>\n", status,
		      reason(status), status, reason(status));
	reply_body(rp, "text/html; charset=utf-8", &page, head_only);
	buffer_free(&page);
}

int reply_fill(struct reply *rp)
{
	if (rp->out.failed)
		return -1;
	if (rp->sent < rp->out.len)
		return 0;
	rp->out.len = 0;
	rp->sent = 0;
	return read_piece(rp);
}

bool reply_done(const struct reply *rp)
{
	return rp->sent == rp->out.len && rp->left == 0;
}
