/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for one input, whose devices are no models: registers answer what the input says, queues hold what it
 * writes there, interrupts come when it likes. The drivers that ship run on it as far as they let such a device come.
 * Memory that they take is their own until loose_off() takes it all away; whatever they were given has to have ended.
 */
#pragma once

#include "tests/fuzz/steer.h"
#include "tests/host/shim.h"
#include "virtio/virtio.h"

/* Registers that hold what is written to them, but for now and then, when the input knows better. */
#define LOOSE_REGISTERS 0x1000u /* addresses beyond are the same ones again */

extern struct steer loose_input;

/* How the target finds the virtio devices of its bus. */
extern void (*loose_each_device)(void (*visit)(struct virtio_device *));

void loose_on(const uint8_t *data, size_t len);
uint32_t loose_read(uint64_t at, unsigned width);
void loose_write(uint64_t at, uint32_t value, unsigned width);
void loose_preset(uint64_t at, uint32_t value, unsigned width);
/* Where a queue is selected, and the register that then reads 0: the queue is not in use yet. */
void loose_banked(unsigned select, unsigned reg);
void loose_set_param(const char *name, uint32_t value);
void loose_run(void);   /* devices and those who use them, as the input says */
void loose_off(void);
