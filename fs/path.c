/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a path to an inode (POSIX.1-2017, Base Definitions 4.13 "Pathname Resolution"), and back for
 * getcwd().
 *
 * A walk holds a reference on the directory it stands in, and no lock: every lookup is atomic by
 * itself, as on any Unix. Mounts sit on names, not on inodes, so a walk asks the table of mounts
 * before it asks the file system, and a mount point need not exist on disk. The current directory
 * is an inode; its path is found when somebody asks for it.
 */
#include "fs/path.h"
#include "kernel/heap.h"
#include <errno.h>
#include <string.h>

#define LINKS_MAX 40 /* symbolic links in one walk; Linux's limit */

static struct inode *root; /* set while booting, never changed after */
static struct inode *cwd;  /* guarded by cwd_lock */
static struct mutex cwd_lock = MUTEX_INIT;

void path_set_root(struct inode *inode)
{
	root = inode;
	cwd = inode_get(inode);
}

int path_set_cwd(struct inode *dir)
{
	struct inode *old;

	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	inode_get(dir);
	mutex_lock(&cwd_lock);
	old = cwd;
	cwd = dir;
	mutex_unlock(&cwd_lock);
	inode_put(old);
	return 0;
}

static struct inode *get_cwd(void)
{
	struct inode *dir;

	mutex_lock(&cwd_lock);
	dir = inode_get(cwd);
	mutex_unlock(&cwd_lock);
	return dir;
}

/* The directory above dir, out of a mount where dir is the mount's root. */
static int parent_of(struct inode *dir, struct inode **out)
{
	struct inode *above = dir == dir->sb->root ? dir->sb->dir : NULL;

	if (dir == root || (dir == dir->sb->root && !above))
		above = dir;
	if (!above)
		return dir->ops->lookup(dir, "..", 2, out);
	*out = inode_get(above);
	return 0;
}

/* A name in dir. A missing one is *out = NULL and no error. */
static int lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
	int error;

	*out = NULL;
	if (atomic_load(&dir->mounts) && (*out = mount_at(dir, name, len)))
		return 0;
	if (!dir->ops->lookup)
		return -ENOTDIR;
	error = dir->ops->lookup(dir, name, len, out);
	return error == -ENOENT ? 0 : error;
}

static bool is_dot(const struct path *p)
{
	return p->len == 1 && p->name[0] == '.';
}

static bool is_dotdot(const struct path *p)
{
	return p->len == 2 && p->name[0] == '.' && p->name[1] == '.';
}

/* Drops the current place for another, of which it takes over the reference. */
static void move_to(struct path *p, struct inode *inode)
{
	if (p->inode)
		inode_put(p->inode);
	p->inode = inode;
}

static bool next_component(struct path *p)
{
	const char *name = p->rest + strspn(p->rest, "/");

	if (!*name) {
		p->rest = name;
		return false;
	}
	p->name = name;
	p->len = strcspn(name, "/");
	p->rest = name + p->len;
	p->slash = *p->rest == '/';
	return true;
}

/* What was found becomes the directory that the next component is looked up in. */
static int descend(struct path *p)
{
	if (!p->inode)
		return -ENOENT;
	if (!S_ISDIR(p->inode->mode))
		return -ENOTDIR;
	if (p->len > VFS_NAME_MAX)
		return -ENAMETOOLONG;
	if (p->dir)
		inode_put(p->dir);
	p->dir = p->inode;
	p->inode = NULL;
	return 0;
}

static int find(struct path *p)
{
	p->special = is_dot(p) || is_dotdot(p);
	if (is_dotdot(p))
		return parent_of(p->dir, &p->inode);
	if (is_dot(p)) {
		p->inode = inode_get(p->dir);
		return 0;
	}
	return lookup(p->dir, p->name, p->len, &p->inode);
}

static bool must_follow(const struct path *p, bool follow)
{
	return p->inode && S_ISLNK(p->inode->mode) && (follow || p->slash);
}

/* Moves the rest of the path to the right end of a buffer, so that a link's text fits before it. */
static int make_room(struct path *p)
{
	size_t len = strlen(p->rest) + 1;

	if (p->links)
		return 0;
	p->links = kmalloc(VFS_PATH_MAX);
	if (!p->links)
		return -ENOMEM;
	p->rest = memcpy(p->links + VFS_PATH_MAX - len, p->rest, len);
	return 0;
}

/* Puts the link's text before the rest of the path and goes back to where that starts. */
static int follow_link(struct path *p)
{
	ssize_t room, n;
	int error;

	if (++p->followed > LINKS_MAX)
		return -ELOOP;
	error = make_room(p);
	if (error)
		return error;
	room = p->rest - p->links;
	n = p->inode->ops->readlink(p->inode, p->links, (size_t)room);
	if (n < 0)
		return (int)n;
	if (n == 0)
		return -ENOENT;
	if (n == room)
		return -ENAMETOOLONG;
	p->rest = memmove(p->links + room - n, p->links, (size_t)n);
	p->special = true;
	move_to(p, inode_get(*p->rest == '/' ? root : p->dir));
	return 0;
}

static int step(struct path *p, bool follow)
{
	int error = descend(p);

	if (!error)
		error = find(p);
	if (!error && must_follow(p, follow))
		error = follow_link(p);
	return error;
}

int path_resolve(const char *text, bool follow, struct path *p)
{
	int error = 0;

	*p = (struct path){ .rest = text, .special = true };
	if (!*text)
		return -ENOENT;
	if (strnlen(text, VFS_PATH_MAX) == VFS_PATH_MAX)
		return -ENAMETOOLONG;
	p->inode = *text == '/' ? inode_get(root) : get_cwd();
	while (!error && next_component(p))
		error = step(p, follow);
	if (!error && p->slash && p->inode && !S_ISDIR(p->inode->mode))
		error = -ENOTDIR;
	if (error)
		path_release(p);
	return error;
}

void path_release(struct path *p)
{
	if (p->dir)
		inode_put(p->dir);
	if (p->inode)
		inode_put(p->inode);
	kfree(p->links);
	*p = (struct path){ 0 };
}

/* --- from an inode back to its path --- */

struct writer {
	char *buf;
	size_t left; /* bytes before what has been written, which is right-aligned */
};

static int prepend(struct writer *w, const char *name)
{
	size_t len = strlen(name);

	if (w->left < len + 1)
		return -ERANGE;
	w->left -= len + 1;
	w->buf[w->left] = '/';
	memcpy(w->buf + w->left + 1, name, len);
	return 0;
}

/* The name of child in dir, of the same file system, by looking through dir. */
static int name_in(struct inode *dir, const struct inode *child, struct vfs_dirent *entry)
{
	off_t cookie = 0;
	int n;

	while ((n = dir->ops->readdir(dir, &cookie, entry)) > 0)
		if (entry->ino == child->ino && strcmp(entry->name, ".") != 0 &&
		    strcmp(entry->name, "..") != 0)
			return 0;
	return n < 0 ? n : -ENOENT;
}

static int prepend_name(struct writer *w, struct inode *dir, struct inode *child)
{
	struct vfs_dirent entry;
	int error;

	if (child == child->sb->root)
		return prepend(w, child->sb->name);
	error = name_in(dir, child, &entry);
	return error ? error : prepend(w, entry.name);
}

/* Climbs from dir, whose reference it takes over, to the root. */
static int climb(struct writer *w, struct inode *dir)
{
	int error = 0;

	while (!error && dir != root) {
		struct inode *above;

		error = parent_of(dir, &above);
		if (error)
			break;
		error = prepend_name(w, above, dir);
		inode_put(dir);
		dir = above;
	}
	inode_put(dir);
	return error;
}

static int path_of(struct inode *dir, char *buf, size_t size)
{
	struct writer w = { buf, size };
	int error;

	if (size == 0)
		return inode_put(dir), -ERANGE;
	buf[--w.left] = '\0';
	error = climb(&w, dir);
	if (!error && w.left == size - 1)
		error = prepend(&w, "");
	if (!error)
		memmove(buf, buf + w.left, size - w.left);
	return error;
}

int vfs_getcwd(char *buf, size_t size)
{
	return path_of(get_cwd(), buf, size);
}

int vfs_file_path(struct file *f, char *buf, size_t size)
{
	struct inode *inode = vfs_file_inode(f);

	if (!inode || !S_ISDIR(inode->mode))
		return -ENOTDIR;
	return path_of(inode_get(inode), buf, size);
}
