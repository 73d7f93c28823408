/* SPDX-License-Identifier: BSD-2-Clause */
/* A command line in its words. */
#pragma once

#include "debug/monitor.h"

/*
 * Cuts text, which it changes. *name: the command; "" if there is none. "x/4gx" is "x" with "/4gx" as
 * its first argument. False: more words than struct monitor_args holds.
 */
bool words_split(char *text, const char **name, struct monitor_args *);

/*
 * The entry of a linker set that name stands for: by its whole name, or by a beginning that no other
 * has. NULL: none, or *several. next: the one behind.
 */
const struct monitor_command *words_find(const struct monitor_command *const *begin,
					 const struct monitor_command *const *end,
					 const char *name, bool *several);
