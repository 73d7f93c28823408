/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists the whole tree; then sysctlbyname(3) with everything that can be asked of it. */
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <unistd.h>

static int print(const struct sysctl_entry *e, void *arg)
{
	static const char *const kinds[] = { "counter", "gauge", "tunable", "string" };
	unsigned *n = arg;

	++*n;
	printf("sysctl: %s\t%s%u\t%s\t%s\t", e->name, kinds[e->kind], e->size, e->writable ? "rw" : "ro", e->help);
	if (e->size)
		printf("%llu\n", (unsigned long long)e->number);
	else
		printf("%s\n", e->string);
	return 0;
}

static uint64_t number(const char *name)
{
	uint64_t value = 0;
	size_t len = sizeof value;

	CHECK(sysctlbyname(name, &value, &len, NULL, 0) == 0);
	CHECK(len == 8);
	return value;
}

static void numbers(void)
{
	unsigned ncpu = 0;
	size_t len = sizeof ncpu;
	char small[3] = { 'x', 'x', 'x' };

	CHECK(sysctlbyname("hw.ncpu", &ncpu, &len, NULL, 0) == 0);
	CHECK(len == sizeof ncpu);
	CHECK(ncpu == (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
	len = sizeof small;
	CHECK(sysctlbyname("hw.ncpu", small, &len, NULL, 0) == -1 && errno == ENOMEM);
	CHECK(len == 4);
	CHECK(sysctlbyname("hw.none", NULL, NULL, NULL, 0) == -1 && errno == ENOENT);
	CHECK(number("hw.physmem") == (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void strings(void)
{
	char text[32];
	size_t len = 0;

	CHECK(sysctlbyname("kern.ostype", NULL, &len, NULL, 0) == 0);
	CHECK(len == sizeof "Thimble");
	len = sizeof text;
	CHECK(sysctlbyname("kern.ostype", text, &len, NULL, 0) == 0);
	CHECK(strcmp(text, "Thimble") == 0);
}

static void setting(void)
{
	unsigned level = 7, before = 0, huge = 9;
	size_t len = sizeof before;

	CHECK(sysctlbyname("kern.param.loglevel", &before, &len, &level, sizeof level) == 0);
	CHECK(before == 5);
	CHECK(sysctlbyname("kern.param.loglevel", &before, &len, NULL, 0) == 0);
	CHECK(before == 7);
	CHECK(sysctlbyname("kern.param.loglevel", NULL, NULL, &huge, sizeof huge) == -1 && errno == EINVAL);
	CHECK(sysctlbyname("kern.param.loglevel", NULL, NULL, &level, 1) == -1 && errno == EINVAL);
	CHECK(sysctlbyname("hw.ncpu", NULL, NULL, &level, sizeof level) == -1 && errno == EPERM);
	CHECK(sysctlbyname("hw.virtio.packed", NULL, NULL, &level, sizeof level) == -1 && errno == EPERM);
}

/* Reads of a disk are counted to the sector. */
static void counting(void)
{
	uint64_t reads = number("dev.vtblk.0.reads"), sectors = number("dev.vtblk.0.read_sectors");
	uint64_t buffers = number("dev.vtblk.0.vq0.buffers"), switches = number("vm.stats.sys.v_swtch");
	static char block[8192];
	int fd = open("/dev/vda", O_RDONLY);

	CHECK(fd >= 0);
	CHECK(pread(fd, block, sizeof block, 0) == sizeof block);
	close(fd);
	usleep(1000); /* somebody else's turn */
	CHECK(number("dev.vtblk.0.read_sectors") == sectors + 16);
	CHECK(number("dev.vtblk.0.reads") > reads);
	CHECK(number("dev.vtblk.0.vq0.buffers") > buffers);
	CHECK(number("vm.stats.sys.v_swtch") > switches);
}

int main(void)
{
	struct stat st;
	unsigned n = 0;

	stat("/dev/sda", &st); /* waits until SCSI disks have been looked for */
	numbers();
	strings();
	setting();
	counting();
	CHECK(sysctl_for_each("", print, &n) == 0);
	printf("%u entries\n", n);
	return failed;
}
