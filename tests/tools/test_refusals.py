# SPDX-License-Identifier: BSD-2-Clause
"""Everything tools/thimble refuses: one line that says what to do, and a status of its own."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from thimblelib import status

ROOT = pathlib.Path(__file__).resolve().parents[2]
SDK = pathlib.Path(os.environ["THIMBLE_SDK"])
THIMBLE = ROOT / "tools/thimble"
HELLO = str(SDK / "hello.elf")
HTTPD = str(SDK / "httpd.elf")


class Refusals(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def ext4(self, name="disk.img"):
        path = str(self.folder / name)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", path, "2M"], check=True)
        return path

    def refused(self, text, *argv, code=status.REFUSED, env=None):
        done = subprocess.run([sys.executable, THIMBLE, *argv], capture_output=True, text=True, timeout=60,
                              env=env, cwd=self.folder, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, f"not one line: {done.stderr}")
        self.assertTrue(done.stderr.startswith("thimble: "), done.stderr)
        self.assertIn(text, done.stderr)

    # The image

    def test_missing_image(self):
        self.refused("No such file", "run", "nope.elf")

    def test_folder_as_image(self):
        self.refused("Is a directory", "run", str(self.folder))

    def test_not_an_elf(self):
        self.refused("not an ELF file", "run", self.file("text.elf", b"hello\n"))

    def test_empty_image(self):
        self.refused("not an ELF file", "run", self.file("empty.elf", b""))

    def test_host_program(self):
        self.refused("not a Thimble image", "run", "/bin/true")

    def test_truncated_image(self):
        self.refused("damaged", "run", self.file("cut.elf", pathlib.Path(HELLO).read_bytes()[:5000]))

    def test_32_bit(self):
        data = bytearray(pathlib.Path(HELLO).read_bytes())
        data[4] = 1
        self.refused("not a 64-bit", "run", self.file("old.elf", data))

    # Options

    def test_wrong_option(self):
        self.refused("--colour", "run", HELLO, "--colour")

    def test_wrong_command(self):
        self.refused("fly", "fly")

    def test_no_command(self):
        self.refused("required")

    def test_wrong_machine(self):
        self.refused("riscv", "run", HELLO, "--machine", "riscv")

    def test_numbers(self):
        self.refused("not a positive number", "run", HELLO, "-m", "lots")
        self.refused("not a positive number", "run", HELLO, "--smp", "0")
        self.refused("--timeout", "run", HELLO, "--timeout", "soon")

    def test_too_little_memory(self):
        self.refused("too little memory", "run", HELLO, "-m", "1")

    # Ports

    def test_port_syntax(self):
        for text in ("80", "a:b", "0:80", "80:65536", "80:80/icmp", ":"):
            self.refused("HOST:GUEST", "run", HTTPD, "-p", text)

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.refused("in use", "run", HTTPD, "-p", f"{taken.getsockname()[1]}:80")

    def test_port_twice(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.refused("in use", "run", HTTPD, "-p", f"{port}:80", "-p", f"{port}:81")

    def test_port_without_network(self):
        self.refused("carries no network", "run", HELLO, "-p", "18080:80")

    # Disks

    def test_missing_disk(self):
        self.refused("No such file", "run", HTTPD, "--disk", "nope.img")

    def test_empty_disk(self):
        self.refused("empty", "run", HTTPD, "--disk", self.file("empty.img", b""))

    def test_disk_without_file_system(self):
        self.refused("no ext4", "run", HTTPD, "--disk", self.file("zero.img", bytes(65536)) + ":/srv")

    def test_disk_too_small(self):
        self.refused("too small", "run", HTTPD, "--disk", self.file("small.img", bytes(512)) + ":/srv")

    def test_truncated_disk(self):
        disk = self.ext4()
        os.truncate(disk, 1 << 20)
        self.refused("truncated", "run", HTTPD, "--disk", disk + ":/srv")

    def test_disk_without_driver(self):
        self.refused("--with ext4", "run", HELLO, "--disk", self.ext4() + ":/srv")

    def test_scsi_disks(self):
        self.refused("--scsi nope.img: No such file", "run", HTTPD, "--scsi", "nope.img")
        self.refused("zero.img: no ext4", "run", HTTPD, "--scsi", self.file("zero.img", bytes(65536)) + ":/srv")
        self.refused("--with ext4", "run", HELLO, "--scsi", self.ext4() + ":/srv")

    def test_folder_as_disk(self):
        self.refused("Is a directory", "run", HTTPD, "--disk", f"{self.folder}:/srv")

    def test_ports(self):
        for text in ("log", "=socket", "log="):
            self.refused("not NAME=SOCKET", "run", HELLO, "--port", text)

    # What is missing on this machine

    def test_no_qemu(self):
        env = {**os.environ, "PATH": str(self.folder)}
        self.refused("make setup", "run", HELLO, env=env)

    # Building

    def test_missing_source(self):
        self.refused("no such file", "build", "nope.c")

    def test_not_a_source(self):
        self.refused("not a C source", "build", self.file("notes.txt", b""))

    def test_empty_folder(self):
        self.refused("no .c file", "build", str(self.folder))

    def test_missing_root(self):
        source = self.file("a.c", b"int main(void) { return 0; }\n")
        self.refused("no such folder", "build", source, "--root", "nope")

    def test_unknown_file_system(self):
        self.refused("zfs", "build", "a.c", "--with", "zfs")

    def test_undefined_function(self):
        source = self.file("a.c", b"int nope(void);\nint main(void) { return nope(); }\n")
        self.refused("undefined: nope", "build", source, code=status.BUILD_FAILED)

    def test_no_main(self):
        self.refused("undefined: main", "build", self.file("a.c", b""), code=status.BUILD_FAILED)

    def test_output_folder_missing(self):
        source = self.file("a.c", b"int main(void) { return 0; }\n")
        self.refused("cannot write", "build", source, "-o", "no/such/a.elf")

    def test_source_error_is_the_compilers(self):
        source = self.file("a.c", b"int main(void) { return }\n")
        done = subprocess.run([sys.executable, THIMBLE, "build", source], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status.BUILD_FAILED)
        self.assertIn("a.c:1", done.stderr)
        self.assertIn("does not compile", done.stderr.splitlines()[-1])

    def test_nothing_left_behind(self):
        """A refused build leaves no half-written image."""
        self.test_undefined_function()
        self.assertEqual([p.name for p in self.folder.iterdir()], ["a.c"])

    def test_what_qemu_refuses(self):
        image = shutil.copy(HELLO, self.folder / "a.elf")
        done = subprocess.run([sys.executable, THIMBLE, "run", image, "--smp", "100000"], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, status.REFUSED)
        self.assertIn("QEMU did not start", done.stderr)
