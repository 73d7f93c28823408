/* SPDX-License-Identifier: BSD-2-Clause */
/* The page that stands for a directory without an index.html. */
#include "httpd.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct entry {
	char *name;
	bool is_dir;
	off_t size;
	time_t modified;
};

struct entries {
	struct entry *at;
	size_t len, cap;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static bool make_room(struct entries *e)
{
	size_t cap = e->cap ? 2 * e->cap : 64;
	struct entry *at;

	if (e->len < e->cap)
		return true;
	at = realloc(e->at, cap * sizeof *at);
	if (!at)
		return false;
	e->at = at;
	e->cap = cap;
	return true;
}

/*
 * What is neither file nor directory is not served, thus not listed; nor is what vanished
 * meanwhile.
 */
static bool look_at(const char *dir, const char *name, struct entry *out)
{
	char path[PATH_SIZE + 256];
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	if ((size_t)snprintf(path, sizeof path, "%s%s", dir, name) >= sizeof path || stat(path, &st) < 0)
		return false;
	*out = (struct entry){ .is_dir = S_ISDIR(st.st_mode), .size = st.st_size, .modified = st.st_mtime };
	return out->is_dir || S_ISREG(st.st_mode);
}

static int collect(DIR *dir, const char *path, struct entries *out)
{
	struct dirent *d;
	struct entry e;

	while ((d = readdir(dir))) {
		if (!look_at(path, d->d_name, &e))
			continue;
		e.name = strdup(d->d_name);
		if (!e.name || !make_room(out)) {
			free(e.name);
			errno = ENOMEM;
			return -1;
		}
		out->at[out->len++] = e;
	}
	return 0;
}

static void write_entry(struct buffer *b, const struct entry *e)
{
	const char *slash = e->is_dir ? "/" : "";
	char date[DATE_SIZE];

	buffer_puts(b, "<tr><td><a href=\"");
	buffer_url(b, e->name);
	buffer_printf(b, "%s\">", slash);
	buffer_html(b, e->name);
	date_format(e->modified, date);
	buffer_printf(b, "%s</a><td>", slash);
	if (!e->is_dir)
		buffer_printf(b, "%lld", (long long)e->size);
	buffer_printf(b, "<td>%s\n", date);
}

static void write_page(struct buffer *b, const char *path, const struct entries *e)
{
	buffer_puts(b, "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>");
	buffer_html(b, path + 1);
	buffer_puts(b, "</title>\n<style>body{font:16px/1.5 system-ui,sans-serif;margin:2em}"
		       "td{padding:0 2em 0 0}td+td{text-align:right;color:#666}</style>\n<h1>");
	buffer_html(b, path + 1);
	buffer_puts(b, "</h1>\n<table>\n");
	if (strcmp(path, "./") != 0)
		buffer_puts(b, "<tr><td><a href=\"../\">../</a><td><td>\n");
	for (size_t i = 0; i < e->len; i++)
		write_entry(b, &e->at[i]);
	buffer_puts(b, "</table>\n");
}

int listing_write(struct buffer *b, const char *path)
{
	struct entries e = { 0 };
	DIR *dir = opendir(path);
	int result;

	if (!dir)
		return -1;
	result = collect(dir, path, &e);
	if (result == 0) {
		if (e.len)
			qsort(e.at, e.len, sizeof *e.at, by_name);
		write_page(b, path, &e);
	}
	for (size_t i = 0; i < e.len; i++)
		free(e.at[i].name);
	free(e.at);
	closedir(dir);
	return result;
}
