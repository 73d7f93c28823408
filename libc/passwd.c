/* SPDX-License-Identifier: BSD-2-Clause */
/* The user data base: root, whom the app runs as. */
#include <pwd.h>
#include <string.h>
#include <unistd.h>

static struct passwd root = {
	.pw_name = "root",
	.pw_passwd = "*",
	.pw_comment = "",
	.pw_gecos = "root",
	.pw_dir = "/",
	.pw_shell = "",
};

struct passwd *getpwuid(uid_t uid)
{
	return uid == 0 ? &root : NULL;
}

struct passwd *getpwnam(const char *name)
{
	return strcmp(name, root.pw_name) == 0 ? &root : NULL;
}

char *getlogin(void)
{
	return root.pw_name;
}
