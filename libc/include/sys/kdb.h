/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel debugger, after FreeBSD's kdb(9). */
#ifndef _SYS_KDB_H
#define _SYS_KDB_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Stops the system and lets its debugger talk, with `why` in a few words; returns when that says so.
 * In images that were built `--with debug`; the address is NULL in others.
 */
extern void kdb_enter(const char *why) __attribute__((weak));

#ifdef __cplusplus
}
#endif

#endif
