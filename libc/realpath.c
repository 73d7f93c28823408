/* SPDX-License-Identifier: BSD-2-Clause */
/* realpath(3): the one path of a file without ".", ".." and symbolic links. */
#include "fs/vfs.h"
#include "libc/result.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	char done[PATH_MAX]; /* absolute and resolved; "" is the root */
	char rest[PATH_MAX]; /* yet to be walked */
	int links;
};

static void drop_last_component(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

static int append_component(char *path, const char *name, size_t len)
{
	size_t have = strlen(path);

	if (len > NAME_MAX || have + 1 + len >= PATH_MAX)
		return -ENAMETOOLONG;
	path[have] = '/';
	memcpy(path + have + 1, name, len);
	path[have + 1 + len] = '\0';
	return 0;
}

/* The link's target goes in front of what is yet to be walked. */
static int follow_link(struct walk *w, const char *rest)
{
	char target[PATH_MAX];
	ssize_t len = vfs_readlink(w->done, target, sizeof(target) - 1);

	if (len < 0)
		return len;
	if (++w->links > SYMLOOP_MAX)
		return -ELOOP;
	if (len + strlen(rest) >= sizeof(target))
		return -ENAMETOOLONG;
	strcpy(target + len, rest);
	if (target[0] == '/')
		w->done[0] = '\0';
	else
		drop_last_component(w->done);
	strcpy(w->rest, target);
	return 0;
}

/* Enters the first component of w->rest and removes it there. */
static int step(struct walk *w)
{
	const char *name = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(name, "/");
	const char *rest = name + len;
	struct stat st;
	int error = 0;

	if (len == 2 && memcmp(name, "..", 2) == 0) {
		drop_last_component(w->done);
	} else if (len && !(len == 1 && name[0] == '.')) {
		error = append_component(w->done, name, len);
		if (!error)
			error = vfs_stat(w->done, &st, false);
		if (!error && S_ISLNK(st.st_mode))
			return follow_link(w, rest);
		if (!error && *rest && !S_ISDIR(st.st_mode))
			error = -ENOTDIR;
	}
	memmove(w->rest, rest, strlen(rest) + 1);
	return error;
}

static int resolve(struct walk *w, const char *path)
{
	int error = 0;

	if (path[0] == '\0')
		return -ENOENT;
	if (strlcpy(w->rest, path, sizeof(w->rest)) >= sizeof(w->rest))
		return -ENAMETOOLONG;
	if (path[0] != '/')
		error = vfs_getcwd(w->done, sizeof(w->done));
	if (strcmp(w->done, "/") == 0)
		w->done[0] = '\0';
	while (!error && w->rest[0])
		error = step(w);
	return error;
}

char *realpath(const char *restrict path, char *restrict resolved)
{
	struct walk *w = path ? calloc(1, sizeof(*w)) : NULL;
	char *result = NULL;
	int error;

	if (!w) {
		libc_result(path ? -ENOMEM : -EINVAL);
		return NULL;
	}
	error = resolve(w, path);
	if (error)
		libc_result(error);
	else
		result = resolved ? strcpy(resolved, w->done[0] ? w->done : "/") : strdup(w->done[0] ? w->done : "/");
	free(w);
	return result;
}
