/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line for everything below each argument: kind, size, time, CRC-32 of the contents, path. What
 * cannot be read gets a line with the reason.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

static unsigned broken;

static uint32_t crc_table[256];

static void crc_init(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? 0xedb88320 ^ c >> 1 : c >> 1;
		crc_table[i] = c;
	}
}

static uint32_t crc32(uint32_t crc, const unsigned char *data, size_t len)
{
	crc = ~crc;
	while (len--)
		crc = crc_table[(crc ^ *data++) & 0xff] ^ crc >> 8;
	return ~crc;
}

static void complain(const char *path)
{
	printf("error %d %s\n", errno, path);
	broken++;
}

static void show_file(const char *path, const struct stat *st)
{
	static unsigned char buffer[50000];
	uint32_t crc = 0;
	off_t size = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0) {
		complain(path);
		return;
	}
	while ((n = read(fd, buffer, sizeof buffer)) > 0) {
		crc = crc32(crc, buffer, (size_t)n);
		size += n;
	}
	if (n < 0 || size != st->st_size)
		complain(path);
	else
		printf("file %lld %lld %08lx %s\n", (long long)size, (long long)st->st_mtime, (unsigned long)crc, path);
	close(fd);
}

static void show_link(const char *path)
{
	char target[PATH_SIZE];
	ssize_t n = readlink(path, target, sizeof target - 1);

	if (n < 0) {
		complain(path);
		return;
	}
	target[n] = '\0';
	printf("link %s %s\n", path, target);
}

static void show(char *path);

/* path is the buffer of all the levels: each appends its name and takes it away again. */
static void show_entries(char *path)
{
	size_t len = strlen(path);
	struct dirent *d;
	DIR *dir = opendir(path);

	if (!dir) {
		complain(path);
		return;
	}
	while ((errno = 0, d = readdir(dir))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (len + 1 + strlen(d->d_name) < PATH_SIZE) {
			snprintf(path + len, PATH_SIZE - len, "/%s", d->d_name);
			show(path);
		}
		path[len] = '\0';
	}
	if (errno)
		complain(path);
	closedir(dir);
}

static void show(char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		complain(path);
	} else if (S_ISDIR(st.st_mode)) {
		printf("dir %s\n", path);
		show_entries(path);
	} else if (S_ISLNK(st.st_mode)) {
		show_link(path);
	} else if (S_ISREG(st.st_mode)) {
		show_file(path, &st);
	} else {
		printf("other %o %s\n", (unsigned)st.st_mode, path);
	}
}

int main(int argc, char **argv)
{
	static char path[PATH_SIZE];

	crc_init();
	for (int i = 1; i < argc; i++) {
		snprintf(path, sizeof path, "%s", argv[i]);
		show(path);
	}
	printf("end of tree, %u errors\n", broken);
	return 0;
}
