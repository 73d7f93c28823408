/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the functions of a file compiled for speed (HOT_SRC in mk/compile.mk) that run once or rarely:
 * compiled for size, and out of the others' way.
 */
#pragma once

#define COLD __attribute__((cold))
