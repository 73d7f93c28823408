/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc/program.h"

const char *program_name = "app";
