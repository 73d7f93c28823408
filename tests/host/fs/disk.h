/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the file system tests share: a disk over an image file, images made by e2fsprogs, and trees
 * to compare.
 */
#pragma once

#include "kernel/blkdev.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A block device over a private mapping of an image: bytes may be changed without changing the
 * file. Registered as vda, vdb, ...
 */
struct disk {
	struct blkdev dev;
	uint8_t *bytes;
	size_t len;
	unsigned requests;     /* so far */
	unsigned fail_in;      /* the n-th request from now on fails (1: the next), 0: none */
};

struct disk *disk_open(const char *image);
struct disk *disk_of_memory(const void *bytes, size_t len); /* copies; a multiple of 512 */
void disk_close(struct disk *);

/*
 * A fresh folder for this test program, removed at its end. scratch("x") is FOLDER/x, in one of
 * eight buffers that take turns.
 */
const char *scratch(const char *name);

/* Runs a shell command in the scratch folder, and fails the test when it fails. */
void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A host file with contents that depend on its name and length; parents must exist. */
void make_file(const char *path, size_t len);
void make_text(const char *path, const char *text);

/*
 * Both walk a whole tree in the VFS. compare_trees checks it against a folder of the host: names,
 * types, modes, owners, links, sizes, times (seconds), contents read in pieces of `piece` bytes.
 * Returns how many files were seen.
 */
unsigned compare_trees(const char *host, const char *guest, size_t piece);

struct walk {
	uint64_t digest;       /* of all metadata that has checksums */
	unsigned entries;      /* seen; the walk stops at walk_entries_max */
	unsigned errors;       /* calls that failed */
};
struct walk walk_tree(const char *guest);
extern unsigned walk_entries_max;

/* Boots the VFS, once, with an empty tree. */
void start_vfs(void);

/*
 * Makes the scratch folder's "image" out of its "tree": ext4, unless the options for mke2fs name
 * another type.
 */
void make_image(const char *options, const char *size);

/* Mounts the scratch folder's "image" at /mnt. NULL: refused, and *error says how. */
struct disk *try_mount(const char *options, int *error);
struct disk *must_mount(void);
void unmount(struct disk *);
