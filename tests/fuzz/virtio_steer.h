/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model device in the hands of a fuzzer: its input says what the device does next and how it lies. Drivers and
 * transport are those that ship; the strict model goes on checking them meanwhile.
 *
 * Devices are made once and live through all inputs, as real ones do. At the end of each input the device is honest
 * again and asks for a reset: from then on everything has to work.
 */
#pragma once

#include "tests/fuzz/steer.h"
#include "tests/host/model/virtio_model.h"

/*
 * The ring formats and features a device comes in: withheld from what the model offers, or added to it. Returns how
 * many variants there are.
 */
struct steer_variant { uint64_t withheld, added; };
extern const struct steer_variant steer_variants[];
extern const unsigned steer_variant_count;

/* Puts the device on the bus as variant number i. */
void steer_plug(struct model_virtio *, unsigned i);

/* One thing the device does: serves, lies, interrupts, wants a reset. */
void steer_device(struct steer *, struct model_virtio *);

/* No more lies; whatever was in flight is given back by a reset. Ends the program when a rule was broken. */
void steer_to_rest(struct model_virtio *);
