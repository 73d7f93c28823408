/* SPDX-License-Identifier: BSD-2-Clause */
/* setenv(3) with the check of the name that newlib leaves out. */
#include "libc/result.h"
#include <errno.h>
#include <reent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool valid(const char *name)
{
	return name && name[0] && !strchr(name, '=');
}

int setenv(const char *name, const char *value, int replace)
{
	return valid(name) ? _setenv_r(_REENT, name, value, replace) : libc_result(-EINVAL);
}

int unsetenv(const char *name)
{
	return valid(name) ? _unsetenv_r(_REENT, name) : libc_result(-EINVAL);
}
