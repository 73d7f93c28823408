/* SPDX-License-Identifier: BSD-2-Clause */
/* The two parts of a path (POSIX.1-2008). Both may write into it. */
#include <libgen.h>
#include <string.h>

/* Cuts slashes off the end of path, but leaves the first character. Its length then. */
static size_t cut_slashes(char *path, size_t len)
{
	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	return len;
}

char *basename(char *path)
{
	char *slash;

	if (!path || !*path)
		return ".";
	cut_slashes(path, strlen(path));
	slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

char *dirname(char *path)
{
	size_t len;

	if (!path || !*path)
		return ".";
	len = cut_slashes(path, strlen(path));
	while (len && path[len - 1] != '/')
		len--;
	if (len == 0)
		return ".";
	path[len] = '\0';
	cut_slashes(path, len);
	return path;
}
