/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>

int fd_dup(int fd, int lowest, bool cloexec); /* the lowest free number >= lowest, or -errno */
