/* SPDX-License-Identifier: BSD-2-Clause */
/* Break- and watchpoints, as enter.c deals with them. */
#pragma once

#include "debug/target/target.h"

void points_lift(void);   /* out of memory and of this CPU's registers: nothing is hit meanwhile */
void points_load(void);   /* into this CPU's registers */
void points_plant(void);  /* both */

bool points_soft_at(uint64_t address);
bool points_hard_at(uint64_t address);

/* Which point a status register (DR6) speaks of. False: none that there is. */
bool points_hit(uint64_t status, struct target_point_info *);
