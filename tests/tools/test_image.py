# SPDX-License-Identifier: BSD-2-Clause
"""Symbol table and size report of a linked image, against nm(1) and objcopy(1)."""
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

from thimblelib import symbols
from thimblelib.image import Image

HELLO = pathlib.Path(os.environ["THIMBLE_SDK"]) / "hello.elf"


class Built(unittest.TestCase):
    def section(self, name):
        with tempfile.NamedTemporaryFile() as out:
            subprocess.run(["objcopy", "-O", "binary", "-j", name, HELLO, out.name], check=True)
            return out.read()

    def test_symbol_table(self):
        table = self.section(".ksyms")
        count, = struct.unpack_from("<I", table)
        numbers = struct.unpack_from(f"<{2 * count}I", table, 4)
        addresses, names = numbers[:count], numbers[count:]
        read = [(a, table[n:table.index(b"\0", n)].decode()) for a, n in zip(addresses, names)]
        self.assertEqual(read, symbols.function_symbols(HELLO))
        self.assertIn("main", [name for _, name in read])

    def test_what_it_carries(self):
        image = Image(str(HELLO))
        self.assertFalse(image.has_network)
        self.assertFalse(image.has_ext4)
        self.assertTrue(Image(str(HELLO.with_name("httpd.elf"))).has_network)

    def test_size(self):
        with tempfile.NamedTemporaryFile() as out:
            subprocess.run(["objcopy", "-O", "binary", HELLO, out.name], check=True)
            flat = os.stat(out.name).st_size
        _, end = Image(str(HELLO)).sizes()
        # The flat copy starts at the first section, the image at its ELF header.
        self.assertLess(abs(end - flat), 4096)

    def test_size_limits(self):
        sections, end = Image(str(HELLO)).sizes()
        self.assertLessEqual(end - dict(sections)[".ksyms"], 176 * 1024)
        _, end = Image(str(HELLO.with_name("httpd.elf"))).sizes()
        self.assertLessEqual(end, 600 * 1024)
