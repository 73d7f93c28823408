# SPDX-License-Identifier: BSD-2-Clause
"""Arguments of an app reach it as they were given, whatever is in them: the tool quotes, the kernel's own parser reads."""
import os
import pathlib
import random
import shlex
import subprocess
import sys
import tempfile
import unittest

from thimblelib.qemu import Machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARSER = ["tests/tools/words.c", "tests/host/shim.c", "kernel/param.c"]
PIECES = ["a", "-", "--", "=", "env.A=b", " ", "  ", "\t", "\n", "\r", '"', "'", "\\", "\\\\", '\\"', ",", ",,", "$", "$HOME",
          "`", "*", ";", "#", "%", "é", "\u00a0", "\u3000", "漢", "\x01", "\x7f", "\udcff"]
CASES = 2000


class Arguments(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.words = f"{folder.name}/words"
        subprocess.run(["gcc", "-D_GNU_SOURCE", "-I", "tests/host/include", "-I", ".", *PARSER, "-o", cls.words],
                       cwd=ROOT, check=True)

    def read_by_kernel(self, lines):
        out = subprocess.run([self.words, *lines], capture_output=True, check=True).stdout
        words = [os.fsdecode(word) for word in out.split(b"\0")[:-1]]
        while words:
            count = int(words[0])
            yield words[1:1 + count]
            del words[:1 + count]

    def assert_round_trip(self, cases):
        lines = [Machine(image="x", append="loglevel=3 env.A='b c'", arguments=case).kernel_command_line() for case in cases]
        for line, wanted, read in zip(lines, cases, self.read_by_kernel(lines), strict=True):
            self.assertEqual(wanted, read, line)

    def test_each(self):
        self.assert_round_trip([[piece] for piece in ["", *PIECES]])
        self.assert_round_trip([["x" + piece, piece + "x", piece + piece, piece] for piece in PIECES])

    def test_any(self):
        chance = random.Random(1)
        self.assert_round_trip([["".join(chance.choices(PIECES, k=chance.randrange(6)))
                                 for _ in range(1 + chance.randrange(5))] for _ in range(CASES)])

    def test_long(self):
        self.assert_round_trip([["x" * 20000, '"' * 20000]])

    def test_printed(self):
        """What --print shows works when it is pasted into a shell, bytes that are no text included."""
        words = ['a"b', "c 'd'", "", "$HOME", "é", "\udcff"]
        image = os.path.join(os.environ["THIMBLE_SDK"], "hello.elf")
        out = subprocess.run([sys.executable, ROOT / "tools/thimble", "run", image, "--print", "--", *words],
                             env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"}, capture_output=True, check=True).stdout
        line = shlex.split(os.fsdecode(out))
        self.assertEqual(list(self.read_by_kernel([line[line.index("-append") + 1]])), [words])
