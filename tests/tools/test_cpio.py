# SPDX-License-Identifier: BSD-2-Clause
"""The embedded tree's archive, judged by cpio(1)'s format as Python reads it back."""
import os
import pathlib
import tempfile
import unittest

from thimblelib import cpio
from thimblelib.status import Refusal


def entries(data):
    """{name: (mode, mtime, contents)} of a newc archive."""
    found, at = {}, 0
    while True:
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        assert data[at:at + 6] == b"070701"
        mode, mtime, size, namesize = fields[1], fields[5], fields[6], fields[11]
        name = data[at + 110:at + 110 + namesize - 1].decode()
        at = -(-(at + 110 + namesize) // 4) * 4
        if name == "TRAILER!!!":
            assert at == len(data)
            return found
        found[name] = (mode, mtime, data[at:at + size])
        at = -(-(at + size) // 4) * 4


class Cpio(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        (self.tree / "sub").mkdir()
        (self.tree / "sub/b.txt").write_bytes(b"bee")
        (self.tree / "a").write_bytes(b"")
        (self.tree / "link").symlink_to("sub/b.txt")
        os.utime(self.tree / "a", (1000, 1000))

    def test_contents(self):
        found = entries(cpio.archive(self.tree))
        self.assertEqual(sorted(found), ["a", "link", "sub", "sub/b.txt"])
        self.assertEqual(found["a"][1:], (1000, b""))
        self.assertEqual(found["sub/b.txt"][2], b"bee")
        self.assertEqual(found["link"][2], b"sub/b.txt")
        self.assertEqual(found["sub"][0] & 0o170000, 0o040000)

    def test_folder_comes_before_what_is_in_it(self):
        names = list(entries(cpio.archive(self.tree)))
        self.assertLess(names.index("sub"), names.index("sub/b.txt"))

    def test_same_tree_same_bytes(self):
        self.assertEqual(cpio.archive(self.tree), cpio.archive(self.tree))

    def test_no_device_or_pipe(self):
        os.mkfifo(self.tree / "pipe")
        self.assertNotIn("pipe", entries(cpio.archive(self.tree)))

    def test_missing_folder(self):
        with self.assertRaisesRegex(Refusal, "no such folder"):
            cpio.archive(self.tree / "nope")
