/* SPDX-License-Identifier: BSD-2-Clause */
/* How full a file system is. */
#pragma once

#include <sys/cdefs.h>
#include <sys/types.h>

struct statvfs {
	unsigned long f_bsize;
	unsigned long f_frsize; /* the unit of the block counts */
	fsblkcnt_t f_blocks, f_bfree, f_bavail;
	fsfilcnt_t f_files, f_ffree, f_favail;
	unsigned long f_fsid;
	unsigned long f_flag;
	unsigned long f_namemax;
};

#define ST_RDONLY 1
#define ST_NOSUID 2

__BEGIN_DECLS
int statvfs(const char *__restrict path, struct statvfs *__restrict);
int fstatvfs(int fd, struct statvfs *);
__END_DECLS
