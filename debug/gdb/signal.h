/* SPDX-License-Identifier: BSD-2-Clause */
/* What a Unix process would have got in place of a stop: gdb's number of the signal. */
#pragma once

struct target_stop;

int gdb_signal_of(const struct target_stop *);
