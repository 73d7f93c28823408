/* SPDX-License-Identifier: BSD-2-Clause */
/* What a target stands for. The current directory is the root of what is served. */
#include "httpd.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int status_of_errno(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
	case ELOOP:
		return 404;
	case EACCES:
	case EPERM:
		return 403;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return 503;
	default:
		return 500;
	}
}

static bool is_head(const struct request *r)
{
	return r->method == METHOD_HEAD;
}

/* Drops what was begun of an answer and makes it an error. */
static void serve_error(const struct request *r, int status, time_t now, struct reply *rp)
{
	bool closing = rp->close || status == 503;

	reply_free(rp);
	rp->close = closing;
	reply_error(rp, status, r->http_1_0, is_head(r), now);
}

static void begin_file(struct reply *rp, int status, const struct request *r, time_t modified, time_t now)
{
	reply_begin(rp, status, r->http_1_0, now);
	reply_date(rp, "Last-Modified", modified);
	reply_field(rp, "Accept-Ranges", "bytes");
}

static void serve_unsatisfiable(const struct request *r, off_t size, time_t now, struct reply *rp)
{
	reply_begin(rp, 416, r->http_1_0, now);
	buffer_printf(&rp->out, "Content-Range: bytes */%lld\r\n", (long long)size);
	reply_length(rp, 0);
	reply_end_head(rp);
}

/* Range has a meaning for GET only (RFC 9110, 14.2). */
static enum range range_wanted(const struct request *r, off_t size, time_t modified, time_t now,
			       off_t *first, off_t *last)
{
	if (!r->range.at || r->method != METHOD_GET || !precondition_range(r, modified, now))
		return RANGE_NONE;
	return range_parse(r->range, size, first, last);
}

static void serve_content(const struct request *r, const char *path, int file, off_t size,
			  time_t modified, time_t now, struct reply *rp)
{
	off_t first = 0, last = size - 1;
	enum range range = range_wanted(r, size, modified, now, &first, &last);

	if (range == RANGE_UNSATISFIABLE) {
		close(file);
		serve_unsatisfiable(r, size, now, rp);
		return;
	}
	begin_file(rp, range == RANGE_PART ? 206 : 200, r, modified, now);
	if (range == RANGE_PART)
		buffer_printf(&rp->out, "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)first,
			      (long long)last, (long long)size);
	if (reply_file(rp, mime_type(path), file, first, last - first + 1, is_head(r)) < 0)
		serve_error(r, 500, now, rp);
}

static void serve_file(const struct request *r, const char *path, const struct stat *st, time_t now,
		       struct reply *rp)
{
	/* A Last-Modified after Date would be a claim about the future (RFC 9110, 8.8.2.1). */
	time_t modified = st->st_mtime < now ? st->st_mtime : now;
	int status = precondition_check(r, modified, now);
	int file;

	if (status == 304) {
		begin_file(rp, status, r, modified, now);
		reply_end_head(rp);
		return;
	}
	if (status) {
		serve_error(r, status, now, rp);
		return;
	}
	file = open(path, O_RDONLY);
	if (file < 0)
		serve_error(r, status_of_errno(), now, rp);
	else
		serve_content(r, path, file, st->st_size, modified, now, rp);
}

static void serve_listing(const struct request *r, const char *path, time_t now, struct reply *rp)
{
	struct buffer page = { 0 };

	if (listing_write(&page, path) < 0) {
		serve_error(r, status_of_errno(), now, rp);
	} else if (page.failed) {
		serve_error(r, 503, now, rp);
	} else {
		reply_begin(rp, 200, r->http_1_0, now);
		reply_body(rp, "text/html; charset=utf-8", &page, is_head(r));
	}
	buffer_free(&page);
}

/* A file of that name goes before it. */
static bool is_metrics(const char *path)
{
	return metrics_write && strcmp(path, "./metrics") == 0 && access(path, F_OK) < 0;
}

static void serve_metrics(const struct request *r, time_t now, struct reply *rp)
{
	struct buffer text = { 0 };

	if (metrics_write(&text) < 0 || text.failed) {
		serve_error(r, 503, now, rp);
	} else {
		reply_begin(rp, 200, r->http_1_0, now);
		reply_body(rp, "text/plain; version=0.0.4; charset=utf-8", &text, is_head(r));
	}
	buffer_free(&text);
}

/* "/a" becomes "/a/", or the links of its page would lead astray. The query stays. */
static void serve_redirect(const struct request *r, const char *path, time_t now, struct reply *rp)
{
	struct span query = r->target;

	span_cut(&query, '?');
	reply_begin(rp, 301, r->http_1_0, now);
	buffer_puts(&rp->out, "Location: ");
	buffer_url(&rp->out, path + 1);
	buffer_puts(&rp->out, query.len ? "/?" : "/");
	buffer_append(&rp->out, query.at, query.len);
	buffer_puts(&rp->out, "\r\n");
	reply_length(rp, 0);
	reply_end_head(rp);
}

static void serve_directory(const struct request *r, char *path, time_t now, struct reply *rp)
{
	size_t len = strlen(path);
	char index[PATH_SIZE + sizeof "index.html"];
	struct stat st;

	if (path[len - 1] != '/') {
		serve_redirect(r, path, now, rp);
		return;
	}
	memcpy(index, path, len);
	strcpy(index + len, "index.html");
	if (stat(index, &st) == 0 && S_ISREG(st.st_mode))
		serve_file(r, index, &st, now, rp);
	else
		serve_listing(r, path, now, rp);
}

static void serve_path(const struct request *r, char *path, time_t now, struct reply *rp)
{
	struct stat st;

	if (is_metrics(path))
		serve_metrics(r, now, rp);
	else if (stat(path, &st) < 0)
		serve_error(r, status_of_errno(), now, rp);
	else if (S_ISDIR(st.st_mode))
		serve_directory(r, path, now, rp);
	else if (!S_ISREG(st.st_mode))
		serve_error(r, 403, now, rp);
	else if (path[strlen(path) - 1] == '/')
		serve_error(r, 404, now, rp);
	else
		serve_file(r, path, &st, now, rp);
}

void serve(const struct request *r, time_t now, struct reply *rp)
{
	char path[PATH_SIZE];
	int status = 0;

	if (r->method == METHOD_UNKNOWN)
		status = 501;
	else if (r->method == METHOD_REFUSED)
		status = 405;
	else
		status = path_from_target(r->target, path);
	if (status)
		serve_error(r, status, now, rp);
	else
		serve_path(r, path, now, rp);
}
