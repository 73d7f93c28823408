/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file tree at boot, as root= and mount= ask for it. Each boot is a process of its own.
 */
// Links: fs/*.c kernel/wait.c fs/ext4/*.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c
#include "tests/host/fs/disk.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "fs/vfs.h"
#include "kernel/param.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct param *const __start_params[], *const __stop_params[];

static void give(const char *name, const char *value)
{
	for (const struct param *const *p = __start_params; p < __stop_params; p++)
		if (strcmp((*p)->name, name) == 0)
			CHECK_EQ((*p)->set(*p, value, ""), 0);
}

static int exists(const char *path)
{
	struct stat st;

	return vfs_stat(path, &st, true);
}

static void make_disks(void)
{
	if (access(scratch("disk"), F_OK) == 0)
		return;
	run("mkdir %s && echo hello > %s", scratch("tree"), scratch("tree/hello"));
	run("mke2fs -q -F -t ext4 -d %s %s 4M >/dev/null", scratch("tree"), scratch("disk"));
}

/* Boots with an image per disk and then checks, in a process of its own. */
static void boot(void (*check)(void), unsigned disks)
{
	int status;
	pid_t pid;

	make_disks();
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		for (unsigned i = 0; i < disks; i++)
			disk_open(scratch("disk"));
		check();
		fflush(stdout);
		_exit(test_failures != 0);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

static void check_plain(void)
{
	CHECK_EQ(vfs_init(NULL, 0), 0);
	CHECK_EQ(exists("/dev/null"), 0);
	CHECK_EQ(exists("/tmp"), 0);
	CHECK(!shim_log_has("e"));
}

TEST(no_parameters)
{
	boot(check_plain, 0);
}

/* The disk has no /dev, and cannot be given one. */
static void check_root(void)
{
	char buf[16];

	give("root", "/dev/vda");
	give("mount", "/dev/vdb:/mnt/deep/er");
	give("mount", "ramfs:/tmp");
	CHECK_EQ(vfs_init(NULL, 0), 0);
	CHECK_EQ(exists("/hello"), 0);
	CHECK_EQ(exists("/lost+found"), 0);
	CHECK_EQ(exists("/dev/null"), 0);
	CHECK_EQ(vfs_mkdir("/x", 0755), -EROFS);
	CHECK_EQ(vfs_mkdir("/tmp/x", 0755), 0);
	CHECK_EQ(vfs_chdir("/dev"), 0);
	CHECK_EQ(vfs_getcwd(buf, sizeof(buf)), 0);
	CHECK_STR(buf, "/dev");
	CHECK_EQ(exists("../hello"), 0);
	CHECK(shim_log_has(
		"mount=/dev/vdb:/mnt/deep/er: the directory to mount on can neither be found"));
}

TEST(root_on_disk)
{
	boot(check_root, 2);
}

static void check_mounts(void)
{
	give("mount", "/dev/vda:/srv");
	give("mount", "/dev/vdb:/a/b/c:ro,noload");
	CHECK_EQ(vfs_init(NULL, 0), 0);
	CHECK_EQ(exists("/srv/hello"), 0);
	CHECK_EQ(exists("/a/b/c/hello"), 0);
	CHECK_EQ(exists("/a/b/c/../../../tmp"), 0);
}

TEST(mounts)
{
	boot(check_mounts, 2);
}

/* Nothing that is wrong here keeps the machine from booting, and each is one line. */
static void check_failures(void)
{
	give("root", "/dev/vdx");
	give("mount", "/dev/vda");
	give("mount", "/dev/vda:relative");
	give("mount", "/dev/vdy:/y");
	give("mount", "/dev/vda:/srv:what");
	give("mount", "/dev/vda:/srv");
	for (unsigned i = 0; i < 12; i++)
		give("mount", "ramfs:/many");
	CHECK_EQ(vfs_init(NULL, 0), 0);
	CHECK_EQ(exists("/srv/hello"), 0);
	CHECK(shim_log_has("root=/dev/vdx: there is no such device"));
	CHECK(shim_log_has("mount=/dev/vda: write it as"));
	CHECK(shim_log_has("mount=/dev/vda:relative: write it as"));
	CHECK(shim_log_has("mount=/dev/vdy:/y: there is no such device"));
	CHECK(shim_log_has("mount=/dev/vda:/srv:what: unknown option 'what'"));
	CHECK(shim_log_has("mount=ramfs:/many: left out, more than 16 mounts"));
}

TEST(wrong_parameters)
{
	boot(check_failures, 1);
}

TEST_MAIN
