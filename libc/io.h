/* SPDX-License-Identifier: BSD-2-Clause */
/* file_ops' reading and writing with POSIX's checks before them: access mode, lengths, files that cannot. A count or -errno. */
#pragma once

#include "kernel/file.h"

ssize_t io_read(struct file *, void *buf, size_t len);
ssize_t io_write(struct file *, const void *buf, size_t len);
ssize_t io_pread(struct file *, void *buf, size_t len, off_t at);
ssize_t io_pwrite(struct file *, const void *buf, size_t len, off_t at);
