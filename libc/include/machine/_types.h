/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types newlib makes too narrow by default: 16 bits for inode, device and user numbers. newlib itself is compiled with this file included first
 * (third_party/build-newlib), since struct stat crosses the border.
 */
#ifndef _MACHINE__TYPES_H
#define _MACHINE__TYPES_H

#include <machine/_default_types.h>

typedef unsigned long __ino_t;
#define __machine_ino_t_defined
typedef unsigned long __dev_t;
#define __machine_dev_t_defined
typedef __uint32_t __uid_t;
#define __machine_uid_t_defined
typedef __uint32_t __gid_t;
#define __machine_gid_t_defined
typedef __uint64_t __fsfilcnt_t;
#define __machine_fsfilcnt_t_defined
typedef unsigned short __sa_family_t;
#define __machine_sa_family_t_defined

#endif
