/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

typedef void (*libc_function)(void);

extern const libc_function libc_preferred[]; /* see preferred.c */
