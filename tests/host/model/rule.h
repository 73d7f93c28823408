/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of VIRTIO 1.4, by their ids in tests/conformance/requirements.tsv.
 *
 * A model device asks RULE() wherever a driver could break one. What was asked is counted, and with THIMBLE_RULES set
 * appended to that file when the program ends: so the conformance table can tell a rule that was kept from one that
 * nothing tried. Lines: "rule ID", "broken ID", "feature TYPE BIT" (accepted by some driver).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Was the rule kept? If not, that is refused as model_refuse() does, with the id in front. Returns kept. */
#define RULE(id, kept, ...) model_rule((id), (kept), __VA_ARGS__)
bool model_rule(const char *id, bool kept, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * For what no single access shows: the test that calls this, last, has checked that the rule is kept. Does not count
 * where something failed before.
 */
void model_shows(const char *id);

/* Feature bits a driver of this device type was seen to accept: a rule about another bit may not apply. */
void model_rule_features(unsigned type, uint64_t accepted);

/* Writes what was noted: by the frame, when a machine or the program ends. */
void model_rule_write(void);
