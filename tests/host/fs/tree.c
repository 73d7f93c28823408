/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/host/fs/disk.h"
#include "tests/host/test.h"
#include "fs/vfs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PATH_SIZE    8192
#define DEPTH_MAX    200u

#define FAIL_AT(path, ...) do {								\
	static char text_[PATH_SIZE + 256];						\
	int n_ = snprintf(text_, sizeof(text_), "%s: ", path);				\
	snprintf(text_ + n_, sizeof(text_) - (size_t)n_, __VA_ARGS__);			\
	test_fail(__FILE__, __LINE__, text_);						\
} while (0)

/* --- comparing with the host --- */

static void compare_attributes(const char *path, const struct stat *h, const struct stat *g)
{
	if (h->st_mode != g->st_mode)
		FAIL_AT(path, "mode %o, not %o", g->st_mode, h->st_mode);
	if (!S_ISDIR(h->st_mode) && h->st_size != g->st_size)
		FAIL_AT(path, "size %ld, not %ld", (long)g->st_size, (long)h->st_size);
	if (h->st_mtime != g->st_mtime)
		FAIL_AT(path, "mtime %ld, not %ld", (long)g->st_mtime, (long)h->st_mtime);
	if (!S_ISDIR(h->st_mode) && h->st_nlink != g->st_nlink)
		FAIL_AT(path, "%ld links, not %ld", (long)g->st_nlink, (long)h->st_nlink);
	if (h->st_uid != g->st_uid || h->st_gid != g->st_gid)
		FAIL_AT(path, "owner %d:%d, not %d:%d", g->st_uid, g->st_gid, h->st_uid, h->st_gid);
	if ((S_ISCHR(h->st_mode) || S_ISBLK(h->st_mode)) && h->st_rdev != g->st_rdev)
		FAIL_AT(path, "device %lx, not %lx", (long)g->st_rdev, (long)h->st_rdev);
}

static void compare_bytes(const char *path, int fd, struct file *f, size_t piece)
{
	char *host = malloc(piece), *guest = malloc(piece);
	ssize_t want, got;
	off_t at = 0;

	do {
		want = read(fd, host, piece);
		got = f->ops->read(f, guest, piece);
		if (want != got)
			FAIL_AT(path, "read %zd bytes at %ld, not %zd", got, (long)at, want);
		else if (memcmp(host, guest, (size_t)got) != 0)
			FAIL_AT(path, "other bytes after %ld", (long)at);
		at += got;
	} while (got > 0 && got == want);
	free(host);
	free(guest);
}

static void compare_contents(const char *host, const char *guest, size_t piece)
{
	struct file *f;
	int fd = open(host, O_RDONLY), error = vfs_open(guest, O_RDONLY, 0, &f);

	if (error)
		FAIL_AT(guest, "open: %d", error);
	else
		compare_bytes(guest, fd, f, piece);
	if (!error)
		file_put(f);
	close(fd);
}

static void compare_links(const char *host, const char *guest)
{
	static char h[PATH_SIZE], g[PATH_SIZE];
	ssize_t want = readlink(host, h, sizeof(h)), got = vfs_readlink(guest, g, sizeof(g));

	if (want != got || memcmp(h, g, (size_t)want) != 0)
		FAIL_AT(guest, "link of %zd bytes, not %zd, or another", got, want);
}

static unsigned count_host(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static unsigned compare_any(const char *host, const char *guest, size_t piece);

static unsigned compare_child(const char *host, const char *guest, const char *name, size_t piece)
{
	char *h, *g;
	unsigned seen;

	if (asprintf(&h, "%s/%s", host, name) < 0 || asprintf(&g, "%s/%s", guest, name) < 0)
		abort();
	seen = compare_any(h, g, piece);
	free(h);
	free(g);
	return seen;
}

/*
 * Every name that the guest lists must be on the host; the numbers must agree. mke2fs adds
 * lost+found at the top.
 */
static unsigned compare_dirs(const char *host, const char *guest, size_t piece)
{
	unsigned listed = 0, seen = 0;
	struct vfs_dirent e;
	struct file *f;
	int n = vfs_open(guest, O_RDONLY | O_DIRECTORY, 0, &f);

	if (n) {
		FAIL_AT(guest, "open: %d", n);
		return 0;
	}
	while ((n = f->ops->readdir(f, &e)) > 0) {
		if (strcmp(e.name, "lost+found") == 0)
			continue;
		listed++;
		if (strcmp(e.name, ".") == 0 || strcmp(e.name, "..") == 0)
			continue;
		seen += compare_child(host, guest, e.name, piece);
	}
	if (n < 0 || listed != count_host(host))
		FAIL_AT(guest, "%u entries (%d), not %u", listed, n, count_host(host));
	file_put(f);
	return seen;
}

static unsigned compare_any(const char *host, const char *guest, size_t piece)
{
	struct stat h, g;
	int error = vfs_stat(guest, &g, false);

	if (lstat(host, &h) != 0 || error) {
		FAIL_AT(guest, "stat: %d here, %s on the host", error, strerror(errno));
		return 1;
	}
	compare_attributes(guest, &h, &g);
	if (S_ISDIR(h.st_mode) && S_ISDIR(g.st_mode))
		return 1 + compare_dirs(host, guest, piece);
	if (S_ISREG(h.st_mode))
		compare_contents(host, guest, piece);
	if (S_ISLNK(h.st_mode))
		compare_links(host, guest);
	return 1;
}

unsigned compare_trees(const char *host, const char *guest, size_t piece)
{
	return compare_dirs(host, guest, piece);
}

/* --- just walking --- */

unsigned walk_entries_max = 20000;

static void mix(struct walk *w, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len--)
		w->digest = (w->digest ^ *p++) * 1099511628211ull;
}

static void mix_stat(struct walk *w, const struct stat *st)
{
	mix(w, &st->st_ino, sizeof(st->st_ino));
	mix(w, &st->st_mode, sizeof(st->st_mode));
	mix(w, &st->st_nlink, sizeof(st->st_nlink));
	mix(w, &st->st_uid, sizeof(st->st_uid));
	mix(w, &st->st_gid, sizeof(st->st_gid));
	mix(w, &st->st_rdev, sizeof(st->st_rdev));
	mix(w, &st->st_size, sizeof(st->st_size));
	mix(w, &st->st_mtim, sizeof(st->st_mtim));
	mix(w, &st->st_blocks, sizeof(st->st_blocks));
}

static void walk_file(struct walk *w, const char *path)
{
	static char buf[16384];
	struct file *f;
	ssize_t n;
	off_t total = 0;

	if (vfs_open(path, O_RDONLY, 0, &f) != 0) {
		w->errors++;
		return;
	}
	/* A damaged size may be huge; a few reads from either end show what there is to see. */
	while ((n = f->ops->read(f, buf, sizeof(buf))) > 0 && (total += n) < (1 << 20))
		;
	w->errors += n < 0;
	if (total >= 1 << 20 && f->ops->seek(f, -(off_t)sizeof(buf), SEEK_END) >= 0)
		w->errors += f->ops->read(f, buf, sizeof(buf)) < 0;
	file_put(f);
}

/* What a link in its own block says has no checksum, so it stays out of the digest. */
static void walk_link(struct walk *w, const char *path)
{
	char buf[4096];
	ssize_t n = vfs_readlink(path, buf, sizeof(buf));

	if (n < 0)
		w->errors++;
	else if (n < 60)
		mix(w, buf, (size_t)n);
}

static void walk_any(struct walk *w, char *path, size_t len, unsigned depth);

static void walk_dir(struct walk *w, char *path, size_t len, unsigned depth)
{
	struct vfs_dirent e;
	struct file *f;
	int n;

	if (vfs_open(path, O_RDONLY | O_DIRECTORY, 0, &f) != 0) {
		w->errors++;
		return;
	}
	while ((n = f->ops->readdir(f, &e)) > 0 && w->entries++ < walk_entries_max) {
		mix(w, &e.ino, sizeof(e.ino));
		mix(w, e.name, strlen(e.name));
		if (strcmp(e.name, ".") == 0 || strcmp(e.name, "..") == 0)
			continue;
		if (len + strlen(e.name) + 2 > PATH_SIZE)
			break;
		path[len] = '/';
		strcpy(path + len + 1, e.name);
		walk_any(w, path, len + 1 + strlen(e.name), depth + 1);
		path[len] = '\0';
	}
	w->errors += n < 0;
	file_put(f);
}

static void walk_any(struct walk *w, char *path, size_t len, unsigned depth)
{
	struct stat st;

	if (vfs_stat(path, &st, false) != 0) {
		w->errors++;
		return;
	}
	mix_stat(w, &st);
	if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
		walk_dir(w, path, len, depth);
	else if (S_ISREG(st.st_mode))
		walk_file(w, path);
	else if (S_ISLNK(st.st_mode))
		walk_link(w, path);
}

struct walk walk_tree(const char *guest)
{
	struct walk w = { .digest = 14695981039346656037ull };
	char path[PATH_SIZE];

	strcpy(path, guest);
	walk_any(&w, path, strlen(path), 0);
	return w;
}
