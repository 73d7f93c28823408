/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RAM file system over cpio archives: those that cpio(1) makes of real trees, those made here
 * member by member, and damaged ones.
 */
// Links: fs/*.c kernel/wait.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c tests/host/fs/tree.c
#include "tests/host/fs/disk.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "fs/cpio.h"
#include "fs/ramfs.h"
#include "fs/vfs.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct archive {
	char bytes[1 << 16];
	size_t len;
};

static void pad(struct archive *a)
{
	while (a->len % 4)
		a->bytes[a->len++] = '\0';
}

struct member {
	const char *name, *data;
	unsigned mode, ino, nlink, mtime;
};

static void add(struct archive *a, const struct member *m)
{
	size_t size = m->data ? strlen(m->data) : 0, name_size = strlen(m->name) + 1;

	a->len += (size_t)sprintf(
		a->bytes + a->len, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
		m->ino, m->mode, 1000, 100, m->nlink, m->mtime, size, 0, 0, 0, 0, name_size, 0);
	memcpy(a->bytes + a->len, m->name, name_size);
	a->len += name_size;
	pad(a);
	memcpy(a->bytes + a->len, m->data ? m->data : "", size);
	a->len += size;
	pad(a);
}

static void end(struct archive *a)
{
	add(a, &(struct member){ .name = "TRAILER!!!", .nlink = 1 });
}

static void start(void)
{
	static bool started;

	if (!started)
		CHECK_EQ(vfs_init(NULL, 0), 0);
	started = true;
	shim_log_clear();
}

/* Mounts the archive at /t. */
static int load(const void *bytes, size_t len)
{
	start();
	ramfs_set_archive(bytes, len);
	return vfs_mount("ramfs", "/t", NULL, NULL);
}

static void unload(void)
{
	CHECK_EQ(vfs_unmount("/t"), 0);
}

static const char *text_of(const char *path)
{
	static char text[256];
	struct file *f;
	ssize_t n = -1;

	if (vfs_open(path, O_RDONLY, 0, &f) == 0) {
		n = f->ops->read(f, text, sizeof(text) - 1);
		file_put(f);
	}
	text[n < 0 ? 0 : n] = '\0';
	return n < 0 ? "(none)" : text;
}

static struct stat stat_of(const char *path)
{
	struct stat st = { 0 };

	vfs_stat(path, &st, false);
	return st;
}

/* --- members --- */

TEST(members)
{
	struct archive a = { .len = 0 };
	struct stat st;
	char link[32];

	add(&a, &(struct member){ ".", NULL, S_IFDIR | 0700, 1, 2, 5 });
	add(&a, &(struct member){ "./dir", NULL, S_IFDIR | 0750, 2, 2, 7 });
	add(&a, &(struct member){ "./dir/file", "contents", S_IFREG | 0640, 3, 1, 1234567890 });
	add(&a, &(struct member){ "deep/er/still", "made", S_IFREG | 0644, 4, 1, 9 });
	add(&a, &(struct member){ "/absolute", "", S_IFREG | 04755, 5, 1, 9 });
	add(&a, &(struct member){ "link", "dir/file", S_IFLNK | 0777, 6, 1, 9 });
	add(&a, &(struct member){ "deep", NULL, S_IFDIR | 0711, 7, 2, 42 });
	end(&a);
	CHECK_EQ(load(a.bytes, a.len), 0);
	CHECK_STR(text_of("/t/dir/file"), "contents");
	CHECK_STR(text_of("/t/link"), "contents");
	CHECK_STR(text_of("/t/deep/er/still"), "made");
	CHECK_STR(text_of("/t/absolute"), "");
	CHECK_EQ(vfs_readlink("/t/link", link, sizeof(link)), 8);
	st = stat_of("/t/dir/file");
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_mtime, 1234567890);
	CHECK_EQ(st.st_uid, 1000);
	CHECK_EQ(st.st_gid, 100);
	CHECK_EQ(stat_of("/t").st_mode, S_IFDIR | 0700);
	CHECK_EQ(stat_of("/t/deep").st_mode, S_IFDIR | 0711);
	CHECK_EQ(stat_of("/t/deep").st_mtime, 42);
	CHECK_EQ(stat_of("/t/absolute").st_mode, S_IFREG | 04755);
	CHECK_EQ(stat_of("/t/dev").st_mode, S_IFDIR | 0755);
	CHECK_EQ(stat_of("/t/tmp").st_mode, S_IFDIR | 01777);
	CHECK(!shim_log_has("file tree"));
	unload();
}

/* The data of a file with several names comes with one of them: GNU cpio's last, others' first. */
TEST(hard_links)
{
	struct archive a = { .len = 0 };

	add(&a, &(struct member){ "a", NULL, S_IFREG | 0644, 9, 3, 1 });
	add(&a, &(struct member){ "other", "other", S_IFREG | 0644, 73, 2, 1 });
	add(&a, &(struct member){ "d/b", NULL, S_IFREG | 0644, 9, 3, 1 });
	add(&a, &(struct member){ "c", "shared", S_IFREG | 0644, 9, 3, 1 });
	add(&a, &(struct member){ "other-2", NULL, S_IFREG | 0644, 73, 2, 1 });
	end(&a);
	CHECK_EQ(load(a.bytes, a.len), 0);
	CHECK_STR(text_of("/t/a"), "shared");
	CHECK_STR(text_of("/t/d/b"), "shared");
	CHECK_STR(text_of("/t/other-2"), "other");
	CHECK_EQ(stat_of("/t/c").st_nlink, 3);
	CHECK_EQ(stat_of("/t/c").st_ino, stat_of("/t/d/b").st_ino);
	unload();
}

TEST(copied_on_write)
{
	struct archive a = { .len = 0 };
	static char big[20001];
	struct file *f;
	char got[8];

	memset(big, 'b', sizeof(big) - 1);
	add(&a, &(struct member){ "big", big, S_IFREG | 0644, 1, 1, 1 });
	end(&a);
	CHECK_EQ(load(a.bytes, a.len), 0);
	CHECK_EQ(vfs_open("/t/big", O_RDWR, 0, &f), 0);
	CHECK_EQ(f->ops->pwrite(f, "XY", 2, 8191), 2);
	CHECK_EQ(f->ops->pread(f, got, 4, 8190), 4);
	CHECK_EQ(memcmp(got, "bXYb", 4), 0);
	CHECK(!memchr(a.bytes, 'X', a.len));
	CHECK_EQ(f->ops->truncate(f, 10000), 0);
	CHECK_EQ(f->ops->truncate(f, 20000), 0);
	CHECK_EQ(f->ops->pread(f, got, 4, 9998), 4);
	CHECK_EQ(memcmp(got, "bb\0\0", 4), 0);
	CHECK_EQ(f->ops->pread(f, got, 4, 16000), 4);
	CHECK_EQ(memcmp(got, "\0\0\0\0", 4), 0);
	file_put(f);
	unload();
}

TEST(left_out)
{
	struct archive a = { .len = 0 };
	char long_name[300];

	memset(long_name, 'n', sizeof(long_name));
	long_name[256] = '\0';
	add(&a, &(struct member){ "../above", "x", S_IFREG | 0644, 1, 1, 1 });
	add(&a, &(struct member){ "a/../../b", "x", S_IFREG | 0644, 1, 1, 1 });
	add(&a, &(struct member){ "..", NULL, S_IFDIR | 0755, 1, 2, 1 });
	add(&a, &(struct member){ "", "x", S_IFREG | 0644, 1, 1, 1 });
	add(&a, &(struct member){ long_name, "x", S_IFREG | 0644, 1, 1, 1 });
	add(&a, &(struct member){ "twice", "first", S_IFREG | 0644, 1, 1, 1 });
	add(&a, &(struct member){ "twice", "second", S_IFREG | 0644, 1, 1, 1 });
	add(&a, &(struct member){ "twice/below", "x", S_IFREG | 0644, 1, 1, 1 });
	add(&a, &(struct member){ "pipe", NULL, S_IFIFO | 0644, 1, 1, 1 });
	add(&a, &(struct member){ "good", "good", S_IFREG | 0644, 1, 1, 1 });
	end(&a);
	CHECK_EQ(load(a.bytes, a.len), 0);
	CHECK(shim_log_has("8 members of the archive were left out, the first is '../above'"));
	CHECK_STR(text_of("/t/twice"), "first");
	CHECK_STR(text_of("/t/good"), "good");
	unload();
}

/* --- archives of other makers --- */

TEST(made_by_cpio)
{
	static char bytes[1 << 20];
	static const char *const formats[] = { "newc", "crc" };
	char path[600];
	FILE *f;
	size_t len;

	run("rm -rf %s; mkdir -p %s", scratch("tree"), scratch("tree/a/b/c"));
	for (unsigned i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "%s/file-%u", scratch(i % 2 ? "tree/a" : "tree/a/b/c"),
			 i);
		make_file(path, i * 13);
	}
	run("ln -s ../x %s; ln %s %s; chmod 1711 %s; mkdir %s %s", scratch("tree/a/link"),
	    scratch("tree/a/file-9"), scratch("tree/a/b/nine"), scratch("tree/a/b"),
	    scratch("tree/dev"), scratch("tree/tmp"));
	for (unsigned i = 0; i < 2; i++) {
		run("cd %s && find . | cpio --quiet -o -H %s > %s", scratch("tree"), formats[i],
		    scratch("archive"));
		f = fopen(scratch("archive"), "rb");
		len = fread(bytes, 1, sizeof(bytes), f);
		fclose(f);
		CHECK_EQ(load(bytes, len), 0);
		CHECK_EQ(compare_trees(scratch("tree"), "/t", 100), 207);
		CHECK(!shim_log_has("file tree"));
		unload();
	}
	*((char *)memmem(bytes, len, "file-199", 8) + 500) ^= 1;
	CHECK_EQ(load(bytes, len), 0);
	CHECK(shim_log_has("damaged"));
	unload();
}

/* --- damage --- */

static void small_archive(struct archive *a)
{
	a->len = 0;
	add(a, &(struct member){ "dir", NULL, S_IFDIR | 0755, 1, 2, 1 });
	add(a, &(struct member){ "dir/one", "first", S_IFREG | 0644, 2, 2, 1 });
	add(a, &(struct member){ "link", "dir", S_IFLNK | 0777, 3, 1, 1 });
	add(a, &(struct member){ "two", NULL, S_IFREG | 0644, 2, 2, 1 });
	end(a);
}

/*
 * Cut anywhere: what comes before the cut is there, and a line says where it ends. Copied, so that
 * ASan sees one byte too many.
 */
TEST(cut_short)
{
	static struct archive a;

	small_archive(&a);
	for (size_t len = 1; len < a.len - 4; len++) {
		char *copy = malloc(len);

		memcpy(copy, a.bytes, len);
		CHECK_EQ(load(copy, len), 0);
		CHECK(shim_log_has("archive is damaged at byte"));
		if (len >= 244)
			CHECK_STR(text_of("/t/dir/one"), "first");
		unload();
		free(copy);
	}
}

TEST(every_byte_changed)
{
	static struct archive a;
	size_t before;

	small_archive(&a);
	start();
	before = shim_allocated();
	for (size_t at = 0; at < a.len; at++)
		for (unsigned bit = 0; bit < 8; bit += 1) {
			char *copy = malloc(a.len);

			memcpy(copy, a.bytes, a.len);
			copy[at] ^= (char)(1 << bit);
			CHECK_EQ(load(copy, a.len), 0);
			walk_tree("/t");
			unload();
			free(copy);
		}
	CHECK(shim_allocated() <= before + 3); /* the first mount made /t */
}

TEST(without_memory)
{
	static struct archive a;
	size_t before;
	unsigned failed = 0;

	small_archive(&a);
	CHECK_EQ(load(a.bytes, a.len), 0);
	unload();
	before = shim_allocated();
	for (unsigned n = 1; n < 30; n++) {
		shim_fail_alloc = n;
		if (load(a.bytes, a.len) == 0)
			unload();
		else
			failed++;
		shim_fail_alloc = 0;
		CHECK_EQ(shim_allocated(), before);
	}
	CHECK(failed > 10 && failed < 29);
}

/* Names of one directory and of many: neither may take quadratic time. */
TEST(many_members)
{
	enum { COUNT = 20000 };
	char *bytes = malloc(COUNT * 160);
	struct archive one;
	size_t len = 0;
	char name[32];

	for (unsigned i = 0; i < COUNT; i++) {
		one.len = 0;
		snprintf(name, sizeof(name), i % 2 ? "flat/%u" : "tree/%u/%u", i % 128, i);
		snprintf(name, sizeof(name), i % 2 ? "flat/%u" : "tree/d%u", i);
		add(&one, &(struct member){ name, NULL, S_IFREG | 0644, i, 1, 1 });
		memcpy(bytes + len, one.bytes, one.len);
		len += one.len;
	}
	one.len = 0;
	end(&one);
	memcpy(bytes + len, one.bytes, one.len);
	CHECK_EQ(load(bytes, len + one.len), 0);
	CHECK_EQ(stat_of("/t/flat/19999").st_nlink, 1);
	CHECK_EQ(walk_tree("/t").errors, 0);
	unload();
	free(bytes);
}

TEST_MAIN
