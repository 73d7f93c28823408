/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib declares this buffer of getlocalename_l() and forgets to define it in the thread-local configuration. */
#include <sys/reent.h>

_Thread_local char _tls_getlocalename_l_buf[32];
