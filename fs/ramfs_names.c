/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of a RAM file system: one hash table for all directories, grown as names come, and a
 * list per directory in the order of their making, which is readdir's. A cookie is a sequence
 * number, so it outlives the removal of any name.
 */
#include "fs/ramfs_node.h"
#include "kernel/heap.h"
#include <errno.h>
#include <string.h>

#define BUCKETS_FIRST 32u
#define COOKIE_DOT    0
#define COOKIE_DOTDOT 1 /* names follow: sequence numbers start above it */

/* FNV-1a over the directory's number and the text. */
static uint32_t hash_of(const struct ramfs_node *dir, const char *text, size_t len)
{
	uint32_t hash = 2166136261u ^ (uint32_t)dir->inode.ino * 2654435761u;

	while (len--)
		hash = (hash ^ (uint8_t)*text++) * 16777619u;
	return hash ^ hash >> 15;
}

struct ramfs_name *ramfs_find(struct ramfs_node *dir, const char *text, size_t len)
{
	struct ramfs *fs = ramfs_of(dir);
	uint32_t hash = hash_of(dir, text, len);
	struct ramfs_name *n = fs->nbuckets ? fs->buckets[hash & (fs->nbuckets - 1)] : NULL;

	while (n && !(n->hash == hash && n->dir == dir && n->len == len &&
		      memcmp(n->text, text, len) == 0))
		n = n->next;
	return n;
}

static void put_in_bucket(struct ramfs *fs, struct ramfs_name *n)
{
	struct ramfs_name **bucket = &fs->buckets[n->hash & (fs->nbuckets - 1)];

	n->next = *bucket;
	*bucket = n;
}

static int grow(struct ramfs *fs)
{
	struct ramfs_name **old = fs->buckets;
	size_t nold = fs->nbuckets;
	size_t n = nold ? nold * 2 : BUCKETS_FIRST;
	struct ramfs_name **buckets = kzalloc(n * sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	fs->buckets = buckets;
	fs->nbuckets = n;
	for (size_t i = 0; i < nold; i++)
		for (struct ramfs_name *name = old[i], *next; name; name = next) {
			next = name->next;
			put_in_bucket(fs, name);
		}
	kfree(old);
	return 0;
}

/*
 * The target's count of links, and the directory's where another directory comes or goes: ".." is a
 * link too.
 */
static void link_target(struct ramfs_node *dir, struct ramfs_node *target)
{
	ramfs_change_links(target, 1);
	if (S_ISDIR(target->inode.mode)) {
		target->dir.parent = dir;
		ramfs_change_links(dir, 1);
	}
}

/* A directory that has lost its name is left with the link from its own ".", which goes as well. */
static void unlink_target(struct ramfs_node *dir, struct ramfs_node *target)
{
	ramfs_change_links(target, -1);
	if (!S_ISDIR(target->inode.mode))
		return;
	ramfs_change_links(dir, -1);
	if (target->inode.nlink == 1) {
		ramfs_change_links(target, -1);
		target->dir.parent = NULL;
	}
}

int ramfs_add(struct ramfs_node *dir, const char *text, size_t len, struct ramfs_node *target)
{
	struct ramfs *fs = ramfs_of(dir);
	struct ramfs_name *n;

	/* A table that cannot grow gets slower, no more. */
	if (fs->nnames >= fs->nbuckets && grow(fs) != 0 && !fs->nbuckets)
		return -ENOMEM;
	n = kmalloc(sizeof(*n) + len);
	if (!n)
		return -ENOMEM;
	*n = (struct ramfs_name){
		.dir = dir,
		.target = target,
		.seq = ++fs->last_seq,
		.hash = hash_of(dir, text, len),
		.len = (uint8_t)len,
	};
	memcpy(n->text, text, len);
	put_in_bucket(fs, n);
	list_push_back(&dir->dir.names, &n->node);
	if (!dir->dir.next)
		dir->dir.next = n;
	fs->nnames++;
	link_target(dir, target);
	return 0;
}

static struct ramfs_name *next_in_dir(struct ramfs_node *dir, const struct ramfs_name *n)
{
	if (n->node.next == &dir->dir.names)
		return NULL;
	return container_of(n->node.next, struct ramfs_name, node);
}

static void take_from_bucket(struct ramfs *fs, struct ramfs_name *n)
{
	struct ramfs_name **link = &fs->buckets[n->hash & (fs->nbuckets - 1)];

	while (*link != n)
		link = &(*link)->next;
	*link = n->next;
}

void ramfs_remove(struct ramfs_name *n)
{
	struct ramfs_node *dir = n->dir, *target = n->target;
	struct ramfs *fs = ramfs_of(dir);

	if (dir->dir.next == n)
		dir->dir.next = next_in_dir(dir, n);
	take_from_bucket(fs, n);
	list_remove(&n->node);
	fs->nnames--;
	kfree(n);
	unlink_target(dir, target);
	ramfs_free_if_unused(target);
}

void ramfs_retarget(struct ramfs_name *n, struct ramfs_node *target)
{
	struct ramfs_node *old = n->target;

	unlink_target(n->dir, old);
	n->target = target;
	link_target(n->dir, target);
	ramfs_free_if_unused(old);
}

/* The first name at or after the cookie. Reading on where the last call ended costs no search. */
static struct ramfs_name *name_after(struct ramfs_node *dir, off_t cookie)
{
	if (cookie == dir->dir.cookie)
		return dir->dir.next;
	list_for_each(node, &dir->dir.names) {
		struct ramfs_name *n = container_of(node, struct ramfs_name, node);

		if (n->seq >= cookie)
			return n;
	}
	return NULL;
}

static void fill(struct vfs_dirent *out, const struct ramfs_node *target, const char *text,
		 size_t len)
{
	out->ino = target->inode.ino;
	out->type = (unsigned char)(target->inode.mode >> 12); /* DT_* are S_IF*'s top bits */
	memcpy(out->name, text, len);
	out->name[len] = '\0';
}

static int read_name(struct ramfs_node *dir, off_t *cookie, struct vfs_dirent *out)
{
	struct ramfs_name *n = name_after(dir, *cookie);

	if (!n)
		return 0;
	fill(out, n->target, n->text, n->len);
	*cookie = n->seq + 1;
	dir->dir.cookie = *cookie;
	dir->dir.next = next_in_dir(dir, n);
	return 1;
}

int ramfs_readdir(struct inode *inode, off_t *cookie, struct vfs_dirent *out)
{
	struct ramfs_node *dir = ramfs_node_of(inode);
	int n = 1;

	mutex_lock(&inode->sb->lock);
	if (*cookie == COOKIE_DOT || *cookie == COOKIE_DOTDOT) {
		bool up = *cookie == COOKIE_DOTDOT;

		fill(out, up && dir->dir.parent ? dir->dir.parent : dir, "..", up ? 2 : 1);
		++*cookie;
	} else {
		n = read_name(dir, cookie, out);
	}
	mutex_unlock(&inode->sb->lock);
	return n;
}
