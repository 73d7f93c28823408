/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands in for the work thread: what was submitted runs when the test says so. */
#pragma once

#include <stdbool.h>

bool model_work_run(void);    /* the oldest; false: there is none */
void model_work_forget(void); /* all of it */
