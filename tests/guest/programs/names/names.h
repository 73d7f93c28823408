/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that the kernel has too: the app's are its own, and its files share them. */
#pragma once

extern int cpus;                 /* kernel/cpu.h */
int page_alloc(int n);           /* kernel/page.h */
int panic(const char *why);      /* kernel/panic.h */
