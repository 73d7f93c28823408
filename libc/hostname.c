/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's name: hostname= on the command line, until sethostname() changes it. And uname(), which tells it. */
#include "kernel/param.h"
#include "libc/result.h"
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static char name[HOST_NAME_MAX + 1] = "thimble";

static int set_param(const struct param *p, const char *value, const char *suffix)
{
	(void)p, (void)suffix;
	if (strlen(value) > HOST_NAME_MAX)
		return -EINVAL;
	strcpy(name, value);
	return 0;
}
PARAM_CALL("hostname", set_param);

int gethostname(char *buf, size_t size)
{
	return libc_result(strlcpy(buf, name, size) < size ? 0 : -ENAMETOOLONG);
}

int sethostname(const char *new_name, size_t len)
{
	if (len > HOST_NAME_MAX)
		return libc_result(-EINVAL);
	memcpy(name, new_name, len);
	name[len] = '\0';
	return 0;
}

int uname(struct utsname *out)
{
	*out = (struct utsname){ .sysname = "Thimble", .release = "0.1", .version = "0.1", .machine = "x86_64" };
	strcpy(out->nodename, name);
	return 0;
}
