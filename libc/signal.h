/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

_Noreturn void signal_die(int sig); /* the default action: one line on the console, status 128 + sig */
