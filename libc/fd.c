/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The descriptor table. It starts with room for a small program without touching the heap, and doubles from there. The mutex guards the
 * table only: files are closed and used outside it, on references of their own.
 */
#include "libc/fd.h"
#include "kernel/heap.h"
#include "kernel/mutex.h"
#include <errno.h>
#include <string.h>

struct slot {
	struct file *file; /* NULL: free */
	bool cloexec;      /* remembered for F_GETFD; there is no exec */
};

static struct slot first_slots[16];
static struct slot *slots = first_slots;
static int nslots = 16;
static struct mutex lock = MUTEX_INIT;

/* Under the lock. */
static struct slot *slot_in_use(int fd)
{
	if (fd < 0 || fd >= nslots || !slots[fd].file)
		return NULL;
	return &slots[fd];
}

/* Makes room for fd. Under the lock. */
static int grow(int fd)
{
	int want = nslots;
	struct slot *bigger;

	while (want <= fd)
		want *= 2;
	if (want == nslots)
		return 0;
	bigger = kzalloc(want * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	memcpy(bigger, slots, nslots * sizeof(*slots));
	if (slots != first_slots)
		kfree(slots);
	slots = bigger;
	nslots = want;
	return 0;
}

/* Puts file into the lowest free slot. Under the lock. */
static int install_lowest(struct file *file, int lowest, bool cloexec)
{
	int fd = lowest, error;

	while (fd < nslots && slots[fd].file)
		fd++;
	if (fd >= FD_MAX)
		return -EMFILE;
	error = grow(fd);
	if (error)
		return error;
	slots[fd] = (struct slot){ file, cloexec };
	return fd;
}

struct file *fd_get(int fd)
{
	struct slot *slot;
	struct file *file = NULL;

	mutex_lock(&lock);
	slot = slot_in_use(fd);
	if (slot)
		file = file_get(slot->file);
	mutex_unlock(&lock);
	return file;
}

int fd_install(struct file *file, int lowest, bool cloexec)
{
	int fd = -EINVAL;

	if (lowest >= 0 && lowest < FD_MAX) {
		mutex_lock(&lock);
		fd = install_lowest(file, lowest, cloexec);
		mutex_unlock(&lock);
	}
	if (fd < 0)
		file_put(file);
	return fd;
}

int fd_replace(int fd, struct file *file, bool cloexec)
{
	struct file *unused = file;
	int error = -EBADF;

	if (fd >= 0 && fd < FD_MAX) {
		mutex_lock(&lock);
		error = grow(fd);
		if (!error) {
			unused = slots[fd].file;
			slots[fd] = (struct slot){ file, cloexec };
		}
		mutex_unlock(&lock);
	}
	if (unused)
		file_put(unused);
	return error ? error : fd;
}

int fd_close(int fd)
{
	struct slot *slot;
	struct file *file = NULL;

	mutex_lock(&lock);
	slot = slot_in_use(fd);
	if (slot) {
		file = slot->file;
		slot->file = NULL;
	}
	mutex_unlock(&lock);
	if (!file)
		return -EBADF;
	file_put(file);
	return 0;
}

int fd_get_cloexec(int fd)
{
	struct slot *slot;
	int cloexec;

	mutex_lock(&lock);
	slot = slot_in_use(fd);
	cloexec = slot ? slot->cloexec : -EBADF;
	mutex_unlock(&lock);
	return cloexec;
}

int fd_set_cloexec(int fd, bool cloexec)
{
	struct slot *slot;

	mutex_lock(&lock);
	slot = slot_in_use(fd);
	if (slot)
		slot->cloexec = cloexec;
	mutex_unlock(&lock);
	return slot ? 0 : -EBADF;
}
