/* SPDX-License-Identifier: BSD-2-Clause */
/* The descriptor table: small numbers for open files. One table, as the app is one process. */
#pragma once

#include "kernel/file.h"
#include <stdbool.h>

#define FD_MAX 32768 /* OPEN_MAX; newlib keeps a FILE's descriptor in a short */

/* The file behind fd with a reference of the caller's own, which outlives a concurrent close; NULL: no such descriptor. */
struct file *fd_get(int fd);

/* All of these take over the caller's reference to file, also when they fail. */
int fd_install(struct file *file, int lowest, bool cloexec); /* the lowest free number >= lowest; -EINVAL, -EMFILE or -ENOMEM */
int fd_replace(int fd, struct file *file, bool cloexec);     /* exactly fd, closing what was there; fd, -EBADF or -ENOMEM */

int fd_close(int fd);                      /* 0 or -EBADF */
int fd_get_cloexec(int fd);                /* 0, 1 or -EBADF */
int fd_set_cloexec(int fd, bool cloexec);  /* 0 or -EBADF */
