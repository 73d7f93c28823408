# SPDX-License-Identifier: BSD-2-Clause
"""Line length, a tab being eight columns wide."""
import pathlib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS = 100
WRAPPED = ("virtio/*.[ch]", "kernel/acpi*.[ch]", "kernel/pci*.[ch]", "kernel/blkdev.[ch]", "kernel/scsi*.[ch]", "net/*.[ch]", "fs/**/*.[ch]")


class Style(unittest.TestCase):
    def test_line_length(self):
        long = [f"{path.relative_to(ROOT)}:{number}" for pattern in WRAPPED for path in sorted(ROOT.glob(pattern))
                for number, line in enumerate(path.read_text().splitlines(), 1) if len(line.expandtabs(8)) > COLUMNS]
        self.assertEqual(long, [])
