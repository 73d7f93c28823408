#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write docs/virtio-conformance.md from what the host tests show (make conformance)."""
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from tests.runner import conformance  # noqa: E402  (the path comes first)

with tempfile.TemporaryDirectory() as tmp:
    counts = conformance.write(ROOT, pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(tmp))
print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + f": {conformance.PAGE}")
sys.exit(any(counts.get(verdict) for verdict in ("fail", "none")))
