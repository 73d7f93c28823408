/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data of RAM files, a page at a time. A file from the archive stays there until a page of it
 * is written to; only that page is copied. Growing a file never moves what is in it: the table of
 * pages doubles, the pages stay.
 */
#include "fs/ramfs_node.h"
#include "kernel/heap.h"
#include "kernel/page.h"
#include <errno.h>
#include <string.h>

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* inode.blocks may count a page twice whose archive copy is hidden: it is an upper bound. */
static void count_blocks(struct ramfs_node *n)
{
	n->inode.blocks = n->file.owned * (PAGE_SIZE / 512) + (n->file.archive_len + 511) / 512;
}

/* Copies what the archive has of [at, at + len) and zeros after it. */
static void copy_archive(const struct ramfs_file *f, uint8_t *to, size_t at, size_t len)
{
	size_t have = at < f->archive_len ? min_size(f->archive_len - at, len) : 0;

	if (have)
		memcpy(to, f->archive + at, have);
	memset(to + have, 0, len - have);
}

static void read_piece(const struct ramfs_file *f, uint8_t *to, size_t at, size_t len)
{
	const uint8_t *page = at / PAGE_SIZE < f->npages ? f->pages[at / PAGE_SIZE] : NULL;

	if (page)
		memcpy(to, page + at % PAGE_SIZE, len);
	else
		copy_archive(f, to, at, len);
}

ssize_t ramfs_read(struct inode *inode, void *buf, size_t len, off_t at)
{
	const struct ramfs_file *f = &ramfs_node_of(inode)->file;
	size_t done = 0;

	mutex_lock(&inode->lock);
	len = at < inode->size ? min_size(len, (size_t)(inode->size - at)) : 0;
	while (done < len) {
		size_t pos = (size_t)at + done;
		size_t piece = f->npages ? min_size(len - done, PAGE_SIZE - pos % PAGE_SIZE) : len;

		read_piece(f, (uint8_t *)buf + done, pos, piece);
		done += piece;
	}
	mutex_unlock(&inode->lock);
	return (ssize_t)done;
}

/*
 * A page far out in a sparse file needs a long table; it may take up a quarter of what all data
 * may.
 */
#define TABLE_MAX(fs) ((fs)->pages_max * (PAGE_SIZE / sizeof(uint8_t *) / 4))

static int grow_table(struct ramfs *fs, struct ramfs_file *f, size_t index)
{
	size_t n = f->npages ? f->npages : 4;
	uint8_t **pages;

	if (index < f->npages)
		return 0;
	if (index >= TABLE_MAX(fs))
		return -ENOSPC;
	while (n <= index)
		n *= 2;
	pages = kzalloc(n * sizeof(*pages));
	if (!pages)
		return -ENOSPC;
	if (f->npages)
		memcpy(pages, f->pages, f->npages * sizeof(*pages));
	kfree(f->pages);
	f->pages = pages;
	f->npages = n;
	return 0;
}

static uint8_t *take_page(struct ramfs *fs)
{
	uint8_t *page = NULL;

	if (atomic_fetch_add(&fs->pages, 1) < fs->pages_max)
		page = page_alloc(1);
	if (!page)
		atomic_fetch_sub(&fs->pages, 1);
	return page;
}

static void give_page(struct ramfs *fs, uint8_t *page)
{
	page_free(page, 1);
	atomic_fetch_sub(&fs->pages, 1);
}

/*
 * The page that position at lies in, made from the archive's copy when it is not there yet. NULL:
 * no room.
 */
static uint8_t *page_for_write(struct ramfs_node *n, size_t at)
{
	struct ramfs_file *f = &n->file;
	size_t index = at / PAGE_SIZE;
	uint8_t *page;

	if (grow_table(ramfs_of(n), f, index) != 0)
		return NULL;
	if (f->pages[index])
		return f->pages[index];
	page = take_page(ramfs_of(n));
	if (!page)
		return NULL;
	copy_archive(f, page, index * PAGE_SIZE, PAGE_SIZE);
	f->pages[index] = page;
	f->owned++;
	return page;
}

ssize_t ramfs_write(struct inode *inode, const void *buf, size_t len, off_t at)
{
	struct ramfs_node *n = ramfs_node_of(inode);
	size_t done = 0;

	while (done < len) {
		size_t pos = (size_t)at + done;
		size_t piece = min_size(len - done, PAGE_SIZE - pos % PAGE_SIZE);
		uint8_t *page = page_for_write(n, pos);

		if (!page)
			break;
		memcpy(page + pos % PAGE_SIZE, (const uint8_t *)buf + done, piece);
		done += piece;
	}
	if (done && at + (off_t)done > inode->size)
		inode->size = at + (off_t)done;
	count_blocks(n);
	return done || !len ? (ssize_t)done : -ENOSPC;
}

/*
 * Forgets everything at and after position len; a page kept in part is zeroed there, for the file
 * may grow again.
 */
static void cut(struct ramfs_node *n, size_t len)
{
	struct ramfs_file *f = &n->file;
	size_t keep = (len + PAGE_SIZE - 1) / PAGE_SIZE;

	for (size_t i = keep; i < f->npages; i++) {
		if (!f->pages[i])
			continue;
		give_page(ramfs_of(n), f->pages[i]);
		f->pages[i] = NULL;
		f->owned--;
	}
	if (len % PAGE_SIZE && keep <= f->npages && f->pages[keep - 1])
		memset(f->pages[keep - 1] + len % PAGE_SIZE, 0, PAGE_SIZE - len % PAGE_SIZE);
	f->archive_len = min_size(f->archive_len, len);
}

int ramfs_truncate(struct inode *inode, off_t len)
{
	struct ramfs_node *n = ramfs_node_of(inode);

	if (len < inode->size)
		cut(n, (size_t)len);
	inode->size = len;
	count_blocks(n);
	return 0;
}

void ramfs_free_data(struct ramfs_node *n)
{
	cut(n, 0);
	kfree(n->file.pages);
}
