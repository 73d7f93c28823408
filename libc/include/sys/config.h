/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, with read() and write() as POSIX has them (newlib: int). newlib is built with the same (third_party/build-newlib). */
#pragma once

#ifndef _READ_WRITE_RETURN_TYPE
#define _READ_WRITE_RETURN_TYPE _ssize_t
#define _READ_WRITE_BUFSIZE_TYPE __size_t
#endif
#include_next <sys/config.h>
