# SPDX-License-Identifier: BSD-2-Clause
"""tools/thimble build: what it takes, what it makes, and what it does not do twice."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from thimblelib.image import Image

THIMBLE = pathlib.Path(__file__).resolve().parents[2] / "tools/thimble"

MAIN = "int value(void);\nint main(void) { return value(); }\n"
VALUE = '#include "value.h"\nint value(void) { return VALUE; }\n'


class Build(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.write("app/main.c", MAIN)
        self.write("app/sub/value.c", VALUE)
        self.write("app/sub/value.h", "#define VALUE 1\n")

    def write(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def build(self, *argv):
        subprocess.run([sys.executable, THIMBLE, "build", *argv], cwd=self.folder, check=True)

    def read(self, name):
        return (self.folder / name).read_bytes()

    def test_folder(self):
        self.build("app")
        self.assertIn("value", Image(str(self.folder / "app.elf")).functions)

    def test_several_sources_are_the_same_image(self):
        self.build("app", "-o", "a.elf")
        self.build("app/main.c", "app/sub/value.c", "-o", "b.elf")
        self.assertEqual(self.read("a.elf"), self.read("b.elf"))

    def test_nothing_new_leaves_the_file_alone(self):
        self.build("app")
        os.utime(self.folder / "app.elf", (1000, 1000))
        self.build("app")
        self.assertEqual(os.stat(self.folder / "app.elf").st_mtime, 1000)

    def test_changed_header(self):
        self.build("app")
        before = self.read("app.elf")
        self.write("app/sub/value.h", "#define VALUE 2\n")
        self.build("app")
        self.assertNotEqual(self.read("app.elf"), before)

    def test_cflags(self):
        self.write("flag.c", "int main(void) { return FLAG; }\n")
        self.build("flag.c", "--cflags", "-DFLAG=3 -O3", "-o", "a.elf")
        self.build("flag.c", "--cflags=-DFLAG=4", "-o", "b.elf")
        self.assertNotEqual(self.read("a.elf"), self.read("b.elf"))

    def test_tree(self):
        self.write("site/index.html", "a page that is easy to find")
        self.build("app", "--root", "site", "-o", "a.elf")
        self.assertIn(b"a page that is easy to find", self.read("a.elf"))

    def test_own_root_folder(self):
        self.write("app/root/page", "another page that is easy to find")
        self.write("app/root/not-compiled.c", "#error part of the tree, not of the program\n")
        self.build("app")
        self.assertIn(b"another page that is easy to find", self.read("app.elf"))

    def test_file_system_on_request(self):
        self.build("app", "-o", "without.elf")
        self.build("app", "--with", "ext4", "-o", "with.elf")
        self.assertFalse(Image(str(self.folder / "without.elf")).has_ext4)
        self.assertTrue(Image(str(self.folder / "with.elf")).has_ext4)

    def test_assembly(self):
        self.write("asm/value.S", ".globl value\nvalue: mov $5, %eax\nret\n.section .note.GNU-stack, \"\", @progbits\n")
        self.build("app/main.c", "asm/value.S", "-o", "a.elf")


class Make(unittest.TestCase):
    ROOT = THIMBLE.parents[1]

    @unittest.skipIf(os.environ.get("THIMBLE_SDK", str(ROOT / "build")) != str(ROOT / "build"), "built elsewhere")
    def test_nothing_is_compiled_twice(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        plan = subprocess.run(["make", "-n", "lib"], cwd=self.ROOT, env=clean, capture_output=True, text=True, check=True)
        self.assertEqual([line for line in plan.stdout.splitlines() if "CC " in line], [])
