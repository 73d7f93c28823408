/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file tree at boot: root= or the embedded archive at /, /dev, then every
 * mount=SOURCE:TARGET[:options]. A mount that fails is one log line, and boot goes on without it:
 * the app sees for itself what is missing.
 */
#include "fs/mount.h"
#include "fs/ramfs.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include <errno.h>
#include <string.h>

#define MOUNTS_MAX 16

static const char *root_source, *root_flags;
static const char *wanted[MOUNTS_MAX];
static unsigned nwanted;

static int add_wanted(const struct param *p, const char *value, const char *suffix)
{
	(void)p, (void)suffix;
	if (nwanted == MOUNTS_MAX) {
		log_err("mount=%s: left out, more than %u mounts", value, MOUNTS_MAX);
		return 0;
	}
	wanted[nwanted++] = value;
	return 0;
}

PARAM_STRING("root", root_source);
PARAM_STRING("rootflags", root_flags);
PARAM_CALL("mount", add_wanted);

/* The root that was asked for, else the archive, so that there always is one. */
static int mount_root_tree(void)
{
	struct mount_request r = { .options = root_flags ? root_flags : "" };
	int error = root_source ? mount_source(&r, root_source, NULL, NULL) : -ENOENT;

	if (!error)
		return 0;
	if (root_source)
		log_err("root=%s: %s; the embedded tree is used", root_source,
			mount_why(&r, error));
	r = (struct mount_request){ .options = "" };
	return mount_source(&r, "ramfs", NULL, NULL);
}

/* Cuts "SOURCE:TARGET[:options]" at the colons. false: there is no target. */
static bool split(char *text, const char **target, const char **options)
{
	char *colon = strchr(text, ':');

	if (!colon || colon[1] != '/')
		return false;
	*colon = '\0';
	*target = colon + 1;
	colon = strchr(colon + 1, ':');
	*options = colon ? colon + 1 : "";
	if (colon)
		*colon = '\0';
	return true;
}

static void mount_wanted(const char *value)
{
	struct mount_request r = { 0 };
	const char *target;
	char text[256];
	int error;

	if (strlen(value) >= sizeof(text)) {
		log_err("mount=%.32s...: longer than %zu characters", value, sizeof(text) - 1);
		return;
	}
	strcpy(text, value);
	if (!split(text, &target, &r.options)) {
		log_err("mount=%s: write it as mount=/dev/vda:/srv or mount=/dev/vda:/srv:OPTIONS",
			value);
		return;
	}
	error = mount_source(&r, text, target, NULL);
	if (error)
		log_err("mount=%s: %s", value, mount_why(&r, error));
}

int vfs_init(const void *initrd, size_t initrd_len)
{
	struct mount_request r = { .options = "" };
	int error;

	ramfs_set_archive(initrd, initrd_len);
	error = mount_root_tree();
	if (!error)
		error = mount_source(&r, "devfs", "/dev", NULL);
	if (error)
		log_err("no root file system: %s", mount_why(&r, error));
	for (unsigned i = 0; !error && i < nwanted; i++)
		mount_wanted(wanted[i]);
	return error;
}
