/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <sys/types.h>

mode_t umask_get(void); /* the permission bits that new files do not get */
