/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory management (POSIX.1-2017), and what Linux and the BSDs have beside it. The values are
 * Linux's.
 *
 * Anonymous memory is filled when it is first touched, but counted when it is mapped: what mmap()
 * returned is there. Memory that nobody may touch (PROT_NONE) is counted when mprotect() changes
 * that; MAP_NORESERVE changes nothing.
 *
 * A file is read when it is mapped: the mapping does not see later changes of the file, nor the
 * file those of the mapping. So MAP_SHARED of a file with PROT_WRITE is refused (ENODEV).
 */
#pragma once

#include <sys/cdefs.h>
#include <sys/types.h>

#define PROT_NONE  0
#define PROT_READ  1
#define PROT_WRITE 2 /* may be read as well */
#define PROT_EXEC  4

#define MAP_SHARED          0x01
#define MAP_PRIVATE         0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_TYPE            0x0f
#define MAP_FIXED           0x10
#define MAP_ANONYMOUS       0x20
#define MAP_ANON            MAP_ANONYMOUS
#define MAP_GROWSDOWN       0x0100 /* refused */
#define MAP_LOCKED          0x2000
#define MAP_NORESERVE       0x4000
#define MAP_POPULATE        0x8000
#define MAP_NONBLOCK        0x10000
#define MAP_STACK           0x20000
#define MAP_HUGETLB         0x40000 /* a wish */
#define MAP_FIXED_NOREPLACE 0x100000

#define MAP_FAILED ((void *)-1)

#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED   2

#define MS_ASYNC      1
#define MS_INVALIDATE 2
#define MS_SYNC       4

#define MCL_CURRENT 1
#define MCL_FUTURE  2
#define MCL_ONFAULT 4

#define POSIX_MADV_NORMAL     0
#define POSIX_MADV_RANDOM     1
#define POSIX_MADV_SEQUENTIAL 2
#define POSIX_MADV_WILLNEED   3
#define POSIX_MADV_DONTNEED   4

#define MADV_NORMAL         0
#define MADV_RANDOM         1
#define MADV_SEQUENTIAL     2
#define MADV_WILLNEED       3
#define MADV_DONTNEED       4 /* anonymous memory is zero when it is touched again */
#define MADV_FREE           8
#define MADV_DONTFORK       10
#define MADV_DOFORK         11
#define MADV_HUGEPAGE       14
#define MADV_NOHUGEPAGE     15
#define MADV_DONTDUMP       16
#define MADV_DODUMP         17
#define MADV_COLD           20
#define MADV_PAGEOUT        21
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23

__BEGIN_DECLS
void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
int munmap(void *addr, size_t len);
int mprotect(void *addr, size_t len, int prot);
int msync(void *addr, size_t len, int flags);
int mlock(const void *addr, size_t len);
int munlock(const void *addr, size_t len);
int mlockall(int flags);
int munlockall(void);
int posix_madvise(void *addr, size_t len, int advice);
int madvise(void *addr, size_t len, int advice);
void *mremap(void *addr, size_t old_len, size_t new_len, int flags, ...);
int mincore(void *addr, size_t len, unsigned char *pages);
__END_DECLS
