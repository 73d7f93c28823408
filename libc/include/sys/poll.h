/* SPDX-License-Identifier: BSD-2-Clause */
/* The older name of <poll.h>. */
#pragma once

#include <poll.h>
