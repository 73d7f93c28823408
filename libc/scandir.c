/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole directory as a sorted array. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct names {
	struct dirent **entries;
	size_t count, room;
};

static bool names_append(struct names *names, const struct dirent *entry)
{
	if (names->count == names->room) {
		size_t room = names->room ? 2 * names->room : 16;
		struct dirent **bigger = realloc(names->entries, room * sizeof(*bigger));

		if (!bigger)
			return false;
		names->entries = bigger;
		names->room = room;
	}
	names->entries[names->count] = malloc(sizeof(*entry));
	if (!names->entries[names->count])
		return false;
	*names->entries[names->count++] = *entry;
	return true;
}

static void names_free(struct names *names)
{
	while (names->count)
		free(names->entries[--names->count]);
	free(names->entries);
}

static bool read_names(DIR *dir, struct names *names, int (*wanted)(const struct dirent *))
{
	struct dirent *entry;

	while ((entry = readdir(dir)))
		if (!wanted || wanted(entry))
			if (!names_append(names, entry))
				return false;
	return true;
}

int scandir(const char *path, struct dirent ***out, int (*wanted)(const struct dirent *),
	    int (*order)(const struct dirent **, const struct dirent **))
{
	struct names names = { 0 };
	DIR *dir = opendir(path);
	bool complete;

	if (!dir)
		return -1;
	complete = read_names(dir, &names, wanted);
	closedir(dir);
	if (!complete) {
		names_free(&names);
		return -1;
	}
	if (order && names.count)
		qsort(names.entries, names.count, sizeof(*names.entries), (int (*)(const void *, const void *))order);
	*out = names.entries;
	return names.count;
}

int alphasort(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}
