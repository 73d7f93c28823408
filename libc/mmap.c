/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/file.h"
#include "kernel/page.h"
#include "kernel/vm_map.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

static_assert(PROT_READ == VM_READ && PROT_WRITE == VM_WRITE && PROT_EXEC == VM_EXEC, "kernel/vm.h");

static unsigned map_flags(int flags)
{
	return (flags & MAP_FIXED ? VM_FIXED : 0) |
	       (flags & MAP_FIXED_NOREPLACE ? VM_NOREPLACE : 0) |
	       (flags & (MAP_POPULATE | MAP_LOCKED) ? VM_FILLED : 0);
}

/* All that the file has for the mapping. What lies behind its end stays zero. */
static int read_file(struct file *f, char *to, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = f->ops->pread(f, to, len, at);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		to += n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

static int check_file(const struct file *f, int prot, int flags)
{
	if (!f->ops->pread)
		return -ENODEV;
	if ((f->flags & O_ACCMODE) == O_WRONLY)
		return -EACCES;
	return (flags & MAP_TYPE) != MAP_PRIVATE && prot & PROT_WRITE ? -ENODEV : 0;
}

static intptr_t map_file(struct file *f, void *addr, size_t len, int prot, int flags, off_t at)
{
	int error = check_file(f, prot, flags);
	intptr_t start;

	if (error)
		return error;
	start = vm_map((uintptr_t)addr, len, PROT_READ | PROT_WRITE, map_flags(flags) | VM_FILE);
	if (start < 0)
		return start;
	error = read_file(f, (char *)start, len, at);
	if (!error)
		error = vm_protect((uintptr_t)start, len, (unsigned)prot);
	if (error)
		vm_unmap((uintptr_t)start, len);
	return error ? error : start;
}

static intptr_t map(void *addr, size_t len, int prot, int flags, int fd, off_t at)
{
	unsigned type = flags & MAP_TYPE;
	struct file *f;
	intptr_t start;

	if (type == 0 || type > MAP_SHARED_VALIDATE || at < 0 || at % (off_t)PAGE_SIZE)
		return -EINVAL;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC) || flags & MAP_GROWSDOWN)
		return -EINVAL;
	if (flags & MAP_ANONYMOUS)
		return vm_map((uintptr_t)addr, len, (unsigned)prot, map_flags(flags));
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	start = map_file(f, addr, len, prot, flags, at);
	file_put(f);
	return start;
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t at)
{
	return (void *)libc_result(map(addr, len, prot, flags, fd, at));
}
