/* SPDX-License-Identifier: BSD-2-Clause */
/* mount(2). An app that calls it gets ext4 into its image: whoever mounts wants a file system to mount. */
#include "fs/vfs.h"
#include "libc/result.h"
#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>

extern const struct filesystem ext4_filesystem;
static const struct filesystem *const wanted __attribute__((used)) = &ext4_filesystem;

int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *options)
{
	const char *given = options ? options : "";
	char all[256];
	int len;

	if (flags & ~MS_RDONLY)
		return libc_result(-EINVAL);
	len = snprintf(all, sizeof(all), "%s%s%s", flags & MS_RDONLY ? "ro" : "", flags && *given ? "," : "", given);
	if (len >= (int)sizeof(all))
		return libc_result(-EINVAL);
	return libc_result(vfs_mount(source, target, type, all));
}

int umount(const char *target)
{
	return libc_result(vfs_unmount(target));
}
