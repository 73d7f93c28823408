/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

extern const char *program_name; /* argv[0], for messages */
