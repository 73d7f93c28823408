/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A static file server for HTTP/1.1 (RFC 9110, RFC 9112): one thread, one poll loop, non-blocking sockets.
 *
 *	main.c      options
 *	server.c    the loop: accepts, waits, times out
 *	conn.c      one connection: receives, answers in order, sends, closes
 *	request.c   the head of a request, field.c its fields
 *	serve.c     what a target stands for: a file, a listing, a redirection
 *	reply.c     the head and body of an answer
 *
 * and the small parts: path.c, precondition.c, range.c, date.c, mime.c, listing.c, buffer.c, span.c.
 * Nothing below server.c knows of sockets but conn.c.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* span.c - a piece of somebody else's text. at is NULL where a field did not come. */
struct span {
	const char *at;
	size_t len;
};

bool span_is(struct span, const char *word);                   /* ASCII case does not matter */
bool span_is_exactly(struct span, const char *word);
struct span span_trim(struct span);                            /* without blanks and tabs around it */
struct span span_cut(struct span *rest, char separator);       /* takes what precedes separator, or all */
bool span_number(struct span, int64_t *);                      /* decimal digits only; too large: INT64_MAX */
bool span_has_token(struct span list, const char *token);      /* in a comma-separated list */

/* buffer.c - text that grows. A failed allocation sticks in failed; what follows is dropped. */
struct buffer {
	char *data;
	size_t len, cap;
	bool failed;
};

bool buffer_reserve(struct buffer *, size_t more);
void buffer_append(struct buffer *, const void *, size_t);
void buffer_puts(struct buffer *, const char *);
void buffer_number(struct buffer *, uint64_t);                 /* in decimal */
void buffer_printf(struct buffer *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buffer_html(struct buffer *, const char *text);           /* as character data or attribute value */
void buffer_url(struct buffer *, const char *path);            /* percent-encoded, slashes stay */
void buffer_free(struct buffer *);

/* request.c, field.c */
enum method { METHOD_GET, METHOD_HEAD, METHOD_REFUSED, METHOD_UNKNOWN };

struct request {
	struct span line;              /* for the log */
	enum method method;
	struct span target;            /* path and query */
	bool http_1_0;
	bool keep_alive;
	bool expects;                  /* Expect: the client may hold its body back */
	unsigned hosts;                /* Host fields seen */
	int64_t content_length;        /* bytes of body that follow the head, -1: no such field */
	struct span transfer_encoding;
	struct span range, if_range;
	struct span if_match, if_none_match, if_modified_since, if_unmodified_since;
};

#define TARGET_MAX 4096            /* bytes; longer: 414 */
#define HEAD_MAX   8192            /* bytes of request line and fields; longer: 431 */
#define BODY_MAX   65536           /* bytes of request body that are read and thrown away; longer: 413 */

size_t request_head_length(const char *, size_t len);          /* 0: the empty line has not come yet */
int request_parse(struct request *, struct span head);         /* 0, or the status to refuse with */
int field_take(struct request *, struct span name, struct span value); /* 0 or 400 */
bool is_token(struct span);

/*
 * path.c - the path below the root that a target names, as "./a/b": 0, or the status to refuse
 * with.
 */
#define PATH_SIZE (TARGET_MAX + 2)
int path_from_target(struct span target, char path[PATH_SIZE]);

/* date.c */
#define DATE_SIZE 32
void date_format(time_t, char out[DATE_SIZE]);
bool date_parse(struct span, time_t now, time_t *out);         /* all three formats of RFC 9110, 5.6.7 */

/* range.c */
enum range { RANGE_NONE, RANGE_PART, RANGE_UNSATISFIABLE };
enum range range_parse(struct span, off_t size, off_t *first, off_t *last);

/* precondition.c - 0: go on; 304 or 412. */
int precondition_check(const struct request *, time_t modified, time_t now);
bool precondition_range(const struct request *, time_t modified, time_t now); /* may Range be honoured? */

/* mime.c */
const char *mime_type(const char *path);

/* listing.c - appends the page for the directory "./a/": 0 or -1 with errno. */
int listing_write(struct buffer *, const char *path);

/*
 * thimble/metrics.c - appends what the system counts, as Prometheus reads it: 0 or -1 with errno. Only
 * Thimble has it; elsewhere it is NULL.
 */
int metrics_write(struct buffer *) __attribute__((weak));

/* reply.c - an answer on its way: out holds the head (and a body made in memory), file the rest. */
struct reply {
	int status;
	bool close;                    /* nothing follows on this connection */
	off_t length;                  /* of the body, as announced */
	struct buffer out;
	size_t sent;                   /* bytes of out */
	int file;                      /* -1: none */
	off_t at, left;                /* of file */
};

void reply_init(struct reply *);
void reply_free(struct reply *);
void reply_begin(struct reply *, int status, bool http_1_0, time_t now);
void reply_field(struct reply *, const char *name, const char *value);
void reply_date(struct reply *, const char *name, time_t);
void reply_length(struct reply *, off_t);
void reply_end_head(struct reply *);
void reply_body(struct reply *, const char *type, const struct buffer *, bool head_only);
/*
 * Takes file over, reads the first piece so that it leaves with the head: 0, or -1 when even that
 * cannot be read.
 */
int reply_file(struct reply *, const char *type, int file, off_t at, off_t length, bool head_only);
void reply_error(struct reply *, int status, bool http_1_0, bool head_only, time_t now);
int reply_fill(struct reply *);        /* reads on when out is empty: 0, or -1: the answer cannot be completed */
bool reply_done(const struct reply *);

/* serve.c */
void serve(const struct request *, time_t now, struct reply *);

/* conn.c */
enum conn_state { CONN_RECEIVING, CONN_SENDING, CONN_LINGERING, CONN_DEAD };

struct conn {
	enum conn_state state;
	int fd;
	int64_t deadline_ms;           /* conn_expire() is due then */
	int64_t skip;                  /* bytes of request body still to be thrown away */
	size_t have;                   /* bytes in in[] */
	struct sockaddr_in peer;
	struct reply reply;
	char in[HEAD_MAX];
};

extern bool verbose;               /* -v: one line per answer on stdout */
extern int64_t timeout_ms;         /* -t: patience with a silent client */

struct conn *conn_new(int fd, const struct sockaddr_in *peer, int64_t now_ms); /* NULL: out of memory */
void conn_free(struct conn *);
short conn_events(const struct conn *);                  /* what to poll for */
void conn_ready(struct conn *, int64_t now_ms);          /* the socket is ready: as much as goes without waiting */
void conn_expire(struct conn *, int64_t now_ms);         /* its deadline has passed */

/* server.c - never returns unless the port cannot be had: -1 with errno. */
int server_run(uint16_t port, const char *root);
