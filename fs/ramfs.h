/* SPDX-License-Identifier: BSD-2-Clause */
/* The RAM file system over a cpio archive. */
#pragma once

#include <stddef.h>

/*
 * What the next ramfs to be mounted starts with. The archive stays where it is: file data is used
 * in place until it is written to.
 */
void ramfs_set_archive(const void *archive, size_t len);
