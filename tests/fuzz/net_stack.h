/* SPDX-License-Identifier: BSD-2-Clause */
/* What a network driver calls of the stack, where the input decides all the rest. A frame's token is whether it is sent. */
#pragma once

#include "kernel/netdev.h"
#include "tests/fuzz/steer.h"

static inline void stack_tx_done(struct netdev *dev, void *token)
{
	bool *sent = token;

	(void)dev;
	steer_check(*sent, "a frame was given back twice");
	*sent = false;
}

static inline void stack_wake(struct netdev *dev)
{
	(void)dev; /* the input says when the stack comes by */
}
