/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the archive to the tree of a RAM file system. File data and the text of symbolic links stay
 * in the archive; only names and nodes are allocated. Members of one directory follow each other in
 * any archive made by walking a tree, so the last directory is remembered.
 */
#include "fs/cpio.h"
#include "fs/ramfs_node.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include <errno.h>
#include <string.h>

/* A file with several names is known by its device and inode number in the archive. */
struct linked {
	struct linked *next;
	uint32_t ino, dev_major, dev_minor;
	struct ramfs_node *node;
};

#define LINK_BUCKETS 64u

struct loader {
	struct ramfs *fs;
	struct ramfs_node *dir;      /* where the last member went */
	const char *dir_path;        /* its path, in the archive */
	size_t dir_len;
	struct linked *links[LINK_BUCKETS];
	unsigned left_out;
	const char *first_left_out;
};

static struct ramfs_node *root_of(struct ramfs *fs)
{
	return ramfs_node_of(fs->sb.root);
}

/*
 * A new node under a new name. Nobody uses it yet: the reference it was made with goes, the name
 * keeps it.
 */
static int add_node(struct ramfs_node *dir, const char *name, size_t len, mode_t mode,
		    struct ramfs_node **out)
{
	struct ramfs_node *n = ramfs_new(ramfs_of(dir), mode);
	int error;

	if (!n)
		return -ENOMEM;
	error = ramfs_add(dir, name, len, n);
	if (error)
		n->inode.nlink = 0; /* a directory's own "." keeps nothing alive */
	inode_put(&n->inode);
	*out = n;
	return error;
}

static int directory_in(struct ramfs_node *dir, const char *name, size_t len, mode_t mode,
			struct ramfs_node **out)
{
	struct ramfs_name *there = ramfs_find(dir, name, len);

	if (!there)
		return add_node(dir, name, len, S_IFDIR | mode, out);
	*out = there->target;
	return S_ISDIR(there->target->inode.mode) ? 0 : -ENOTDIR;
}

static bool is_dots(const char *name, size_t len)
{
	return (len == 1 || len == 2) && memcmp(name, "..", len) == 0;
}

static bool good_name(const char *name, size_t len)
{
	return len <= VFS_NAME_MAX && !(len == 2 && is_dots(name, len));
}

/*
 * Walks, and makes where it is missing, the directory that path (len bytes, without the last name)
 * tells.
 */
static int walk(struct ramfs *fs, const char *path, size_t len, struct ramfs_node **dir)
{
	const char *end = path + len;

	*dir = root_of(fs);
	while (path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t n = (size_t)((slash ? slash : end) - path);
		int error = 0;

		if (!good_name(path, n))
			return -EINVAL;
		if (n > 0 && !is_dots(path, n))
			error = directory_in(*dir, path, n, 0755, dir);
		if (error)
			return error;
		path += n + (slash != NULL);
	}
	return 0;
}

static int find_dir(struct loader *l, const char *path, size_t len)
{
	int error;

	if (l->dir && len == l->dir_len && memcmp(path, l->dir_path, len) == 0)
		return 0;
	error = walk(l->fs, path, len, &l->dir);
	l->dir_path = path;
	l->dir_len = len;
	if (error)
		l->dir = NULL;
	return error;
}

static void set_attributes(struct ramfs_node *n, const struct cpio_entry *e)
{
	struct inode *inode = &n->inode;

	inode->mode = (inode->mode & S_IFMT) | (e->mode & 07777);
	inode->uid = e->uid;
	inode->gid = e->gid;
	inode->mtime = inode->atime = inode->ctime = (struct timespec){ .tv_sec = e->mtime };
}

static void set_data(struct ramfs_node *n, const struct cpio_entry *e)
{
	n->inode.size = (off_t)e->size;
	if (S_ISLNK(n->inode.mode)) {
		n->link.text = (const char *)e->data;
		return;
	}
	n->file.archive = e->data;
	n->file.archive_len = e->size;
	n->inode.blocks = (e->size + 511) / 512;
}

static bool has_links(const struct cpio_entry *e)
{
	return e->nlink > 1 && S_ISREG(e->mode);
}

static struct linked **link_slot(struct loader *l, const struct cpio_entry *e)
{
	struct linked **at = &l->links[(e->ino ^ e->dev_minor) % LINK_BUCKETS];

	while (*at && !((*at)->ino == e->ino && (*at)->dev_major == e->dev_major &&
			(*at)->dev_minor == e->dev_minor))
		at = &(*at)->next;
	return at;
}

static int remember_link(struct loader *l, const struct cpio_entry *e, struct ramfs_node *n)
{
	struct linked **slot = link_slot(l, e);
	struct linked *link = kmalloc(sizeof(*link));

	if (!link)
		return -ENOMEM;
	*link = (struct linked){ NULL, e->ino, e->dev_major, e->dev_minor, n };
	*slot = link;
	return 0;
}

/*
 * One more name of a file that is there. Only one of its members has the data, in most archives the
 * last.
 */
static int add_link(struct ramfs_node *dir, const char *name, size_t len,
		    const struct cpio_entry *e, struct ramfs_node *n)
{
	if (e->size > 0)
		set_data(n, e);
	return ramfs_add(dir, name, len, n);
}

static int add_file(struct loader *l, const char *name, size_t len, const struct cpio_entry *e)
{
	struct linked *known = has_links(e) ? *link_slot(l, e) : NULL;
	struct ramfs_node *n;
	int error;

	if (known)
		return add_link(l->dir, name, len, e, known->node);
	error = add_node(l->dir, name, len, e->mode & S_IFMT, &n);
	if (error)
		return error;
	set_attributes(n, e);
	set_data(n, e);
	return has_links(e) ? remember_link(l, e, n) : 0;
}

static int add_directory(struct loader *l, const char *name, size_t len, const struct cpio_entry *e)
{
	struct ramfs_node *n = root_of(l->fs);
	int error = 0;

	if (len > 0 && !is_dots(name, len))
		error = directory_in(l->dir, name, len, 0755, &n);
	if (!error)
		set_attributes(n, e);
	return error;
}

static size_t without_slashes(const struct cpio_entry *e)
{
	size_t len = e->name_len;

	while (len > 0 && e->name[len - 1] == '/')
		len--;
	return len;
}

static int add_member(struct loader *l, const struct cpio_entry *e)
{
	size_t len = without_slashes(e), dir_len = len, name_len;
	const char *name;
	int error;

	while (dir_len > 0 && e->name[dir_len - 1] != '/')
		dir_len--;
	name = e->name + dir_len;
	name_len = len - dir_len;
	if (!good_name(name, name_len))
		return -EINVAL;
	error = find_dir(l, e->name, dir_len);
	if (error)
		return error;
	if (S_ISDIR(e->mode))
		return add_directory(l, name, name_len, e);
	if (name_len == 0 || is_dots(name, name_len) || ramfs_find(l->dir, name, name_len))
		return -EEXIST;
	return S_ISREG(e->mode) || S_ISLNK(e->mode) ? add_file(l, name, name_len, e) : -EOPNOTSUPP;
}

static int read_archive(struct loader *l, const void *archive, size_t len)
{
	struct cpio_entry e;
	struct cpio c;
	unsigned members = 0;
	int error = 0, more;

	cpio_open(&c, archive, len);
	while ((more = cpio_next(&c, &e)) > 0 && error != -ENOMEM) {
		error = add_member(l, &e);
		members++;
		if (error && !l->left_out++)
			l->first_left_out = e.name;
	}
	if (more < 0)
		log_err("file tree: the cpio archive is damaged at byte %zu of %zu; "
			"the %u members before it are there",
			cpio_offset(&c), len, members);
	else if (l->left_out)
		log_warn("file tree: %u members of the archive were left out, the first is '%.64s'",
			 l->left_out, l->first_left_out);
	return error == -ENOMEM ? error : 0;
}

static void forget_links(struct loader *l)
{
	for (unsigned i = 0; i < LINK_BUCKETS; i++)
		for (struct linked *link = l->links[i], *next; link; link = next) {
			next = link->next;
			kfree(link);
		}
}

/*
 * Whatever the archive has, there is a place for devices to be mounted on and one for temporary
 * files.
 */
int ramfs_load(struct ramfs *fs, const void *archive, size_t len)
{
	struct loader l = { .fs = fs };
	struct ramfs_node *dir;
	int error = len ? read_archive(&l, archive, len) : 0;

	forget_links(&l);
	if (!error)
		error = directory_in(root_of(fs), "dev", 3, 0755, &dir);
	if (!error || error == -ENOTDIR)
		error = directory_in(root_of(fs), "tmp", 3, 01777, &dir);
	return error == -ENOTDIR ? 0 : error;
}
