/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system's counters in Prometheus' text format. dev.vtnet.0.rxq0.ipackets becomes
 * dev_vtnet_rxq0_ipackets_total{unit="0"}: parts of a name that are numbers tell one thing from its
 * like, so they are labels. A string is a metric of value 1 that has it for a label. All of one
 * metric stand together, as the format wants it.
 */
#include "../httpd.h"
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>

struct sample {
	char *metric;            /* what the line begins with, labels apart */
	char *labels;            /* unit="0", or empty */
	const char *help, *type;
	uint64_t value;
	size_t order;
};

struct samples {
	struct sample *list;
	size_t n, cap;
};

static bool is_number(const char *part, size_t len)
{
	return len && strspn(part, "0123456789") >= len;
}

static void put_plain(struct buffer *b, const char *part, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = part[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		buffer_append(b, plain ? &c : "_", 1);
	}
}

static void put_value(struct buffer *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			buffer_puts(b, "\\n");
		else if (*text == '"' || *text == '\\')
			buffer_printf(b, "\\%c", *text);
		else
			buffer_append(b, text, 1);
	}
}

static void put_label(struct buffer *labels, const char *value, size_t len)
{
	buffer_puts(labels, labels->len ? ",unit2=\"" : "unit=\"");
	buffer_append(labels, value, len);
	buffer_puts(labels, "\"");
}

static void take_name(struct buffer *metric, struct buffer *labels, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");

		if (is_number(name, len)) {
			put_label(labels, name, len);
		} else {
			buffer_puts(metric, metric->len ? "_" : "");
			put_plain(metric, name, len);
		}
		name += len + (name[len] == '.');
	}
}

static bool room(struct samples *s)
{
	size_t cap = s->cap ? 2 * s->cap : 64;
	struct sample *list;

	if (s->n < s->cap)
		return true;
	list = realloc(s->list, cap * sizeof *list);
	if (!list)
		return false;
	s->list = list;
	s->cap = cap;
	return true;
}

static int add(const struct sysctl_entry *e, void *arg)
{
	struct samples *s = arg;
	struct buffer metric = { 0 }, labels = { 0 };
	bool counter = e->kind == SYSCTL_KIND_COUNTER, string = e->size == 0;

	take_name(&metric, &labels, e->name);
	buffer_puts(&metric, counter ? "_total" : string ? "_info" : "");
	if (string) {
		buffer_puts(&labels, labels.len ? ",value=\"" : "value=\"");
		put_value(&labels, e->string);
		buffer_puts(&labels, "\"");
	}
	buffer_append(&metric, "", 1);
	buffer_append(&labels, "", 1);
	if (metric.failed || labels.failed || !room(s)) {
		buffer_free(&metric);
		buffer_free(&labels);
		return 1;
	}
	s->list[s->n] = (struct sample){
		.metric = metric.data, .labels = labels.data, .help = e->help,
		.type = counter ? "counter" : "gauge", .value = string ? 1 : e->number, .order = s->n,
	};
	s->n++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	int names = strcmp(x->metric, y->metric);

	return names ? names : x->order < y->order ? -1 : 1;
}

static void write_sample(struct buffer *out, const struct sample *s, bool first)
{
	if (first) {
		buffer_printf(out, "# HELP %s ", s->metric);
		put_value(out, s->help);
		buffer_printf(out, "\n# TYPE %s %s\n", s->metric, s->type);
	}
	buffer_puts(out, s->metric);
	if (*s->labels)
		buffer_printf(out, "{%s}", s->labels);
	buffer_puts(out, " ");
	buffer_number(out, s->value);
	buffer_puts(out, "\n");
}

int metrics_write(struct buffer *out)
{
	struct samples s = { 0 };
	int error = sysctl_for_each("", add, &s);

	qsort(s.list, s.n, sizeof *s.list, compare);
	for (size_t i = 0; i < s.n; i++)
		if (!error)
			write_sample(out, &s.list[i], i == 0 || strcmp(s.list[i].metric, s.list[i - 1].metric));
	for (size_t i = 0; i < s.n; i++) {
		free(s.list[i].metric);
		free(s.list[i].labels);
	}
	free(s.list);
	return error ? -1 : 0;
}
