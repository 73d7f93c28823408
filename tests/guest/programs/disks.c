/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does with block devices what the lines it reads say, so that a test on the host can let disks come and go in between. "open NAME", "read SECTOR",
 * "write SECTOR BYTE" (4096 bytes each), "flush", "list", "wait NAME" until there is such a device, "exit". Each answers with one line, that of a failure
 * being "error ERRNO". The disk that was opened last stays open, whatever becomes of it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEN 4096
#define SCSI_DISK_MAJOR 8

static int fd = -1;
static unsigned char *data;

static void answer(long result, const char *what, long value)
{
	if (result < 0)
		printf("error %d\n", errno);
	else
		printf("%s %ld\n", what, value);
}

static void open_disk(const char *name)
{
	struct stat st = { 0 };
	char path[32];

	snprintf(path, sizeof path, "/dev/%s", name);
	fd = open(path, O_RDWR);
	if (fd < 0 && errno == EROFS)
		fd = open(path, O_RDONLY);
	if (fd >= 0)
		fstat(fd, &st);
	answer(fd >= 0 && S_ISBLK(st.st_mode) && (strncmp(name, "sd", 2) != 0 || st.st_rdev >> 8 == SCSI_DISK_MAJOR) ? 0 : -1, "opened", (long)st.st_size);
}

/* The sum depends on every byte and its place. */
static void read_disk(long sector)
{
	unsigned long sum = 0;
	ssize_t n = pread(fd, data, LEN, sector * 512);

	for (ssize_t i = 0; i < n; i++)
		sum = (sum * 31 + data[i]) & 0xffffffff;
	answer(n == LEN ? 0 : -1, "read", (long)sum);
}

static void write_disk(long sector, int byte)
{
	memset(data, byte, LEN);
	answer(pwrite(fd, data, LEN, sector * 512) == LEN ? 0 : -1, "wrote", LEN);
}

static void list_disks(void)
{
	DIR *dir = opendir("/dev");
	struct dirent *d;

	printf("disks");
	while ((d = readdir(dir)) != NULL)
		if (d->d_type == DT_BLK)
			printf(" %s", d->d_name);
	printf(".\n");
	closedir(dir);
}

static void wait_for(const char *name, int there)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof path, "/dev/%s", name);
	while ((stat(path, &st) == 0) != there)
		usleep(10000);
	printf("%s is %s\n", name, there ? "there" : "gone");
}

int main(void)
{
	char line[64], name[16];
	long sector;
	int byte;

	data = malloc(LEN);
	printf("ready\n");
	while (fgets(line, sizeof line, stdin) && strcmp(line, "exit\n") != 0) {
		if (sscanf(line, "open %15s", name) == 1)
			open_disk(name);
		else if (sscanf(line, "read %ld", &sector) == 1)
			read_disk(sector);
		else if (sscanf(line, "write %ld %d", &sector, &byte) == 2)
			write_disk(sector, byte);
		else if (strcmp(line, "flush\n") == 0)
			answer(fsync(fd), "flushed", 0);
		else if (sscanf(line, "wait %15s", name) == 1)
			wait_for(name, 1);
		else if (sscanf(line, "lose %15s", name) == 1)
			wait_for(name, 0);
		else
			list_disks();
	}
	return 0;
}
