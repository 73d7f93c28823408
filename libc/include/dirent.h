/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories (POSIX.1-2008, with BSD's d_type). */
#pragma once

#include <sys/cdefs.h>
#include <sys/types.h>

struct dirent {
	ino_t d_ino;
	off_t d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[256];
};
#define _DIRENT_HAVE_D_TYPE

#define DT_UNKNOWN	0
#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_BLK		6
#define DT_REG		8
#define DT_LNK		10
#define DT_SOCK		12
#define DT_WHT		14
#define IFTODT(mode)	(((mode) & 0170000) >> 12)
#define DTTOIF(type)	((type) << 12)

typedef struct __DIR DIR;

__BEGIN_DECLS
DIR *opendir(const char *path);
DIR *fdopendir(int fd);
struct dirent *readdir(DIR *);
int readdir_r(DIR *__restrict, struct dirent *__restrict entry, struct dirent **__restrict result);
void rewinddir(DIR *);
void seekdir(DIR *, long place);
long telldir(DIR *);
int closedir(DIR *);
int dirfd(DIR *);
int scandir(const char *path, struct dirent ***names, int (*wanted)(const struct dirent *),
	    int (*order)(const struct dirent **, const struct dirent **));
int alphasort(const struct dirent **, const struct dirent **);
__END_DECLS
