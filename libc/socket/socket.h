/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "kernel/file.h"

struct file *socket_get(int fd, int *error); /* a reference; NULL: *error is -EBADF or -ENOTSOCK */
