# SPDX-License-Identifier: BSD-2-Clause
"""What tools/thimble run --print shows, and what the other commands print."""
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SDK = pathlib.Path(os.environ["THIMBLE_SDK"])
THIMBLE = ROOT / "tools/thimble"
HELLO = str(SDK / "hello.elf")
HTTPD = str(SDK / "httpd.elf")


def thimble(*argv):
    return subprocess.run([sys.executable, THIMBLE, *argv], capture_output=True, text=True, check=True).stdout


def printed(*argv):
    return shlex.split(thimble("run", *argv, "--print"))


def after(words, option):
    return words[words.index(option) + 1]


class CommandLine(unittest.TestCase):
    def test_hello_has_no_network(self):
        words = printed(HELLO)
        self.assertEqual(words[0], "qemu-system-x86_64")
        self.assertNotIn("-netdev", words)
        self.assertNotIn("-append", words)
        self.assertEqual(after(words, "-kernel"), HELLO)
        self.assertIn("virtio-rng-pci", words)

    def test_network_and_address(self):
        words = printed(HTTPD, "-p", "18080:80", "-p", "15353:53/udp")
        self.assertEqual(after(words, "-netdev"),
                         "user,id=net0,hostfwd=tcp:127.0.0.1:18080-:80,hostfwd=udp:127.0.0.1:15353-:53")
        self.assertTrue(after(words, "-append").startswith("ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off:10.0.2.3"))

    def test_own_address_wins(self):
        self.assertEqual(after(printed(HTTPD, "--append", "ip=dhcp loglevel=7"), "-append"), "ip=dhcp loglevel=7")

    def test_machines(self):
        for name, qemu in (("q35", "q35"), ("pc", "pc"), ("microvm", "microvm,pcie=on")):
            self.assertEqual(after(printed(HELLO, "--machine", name), "-M"), qemu)

    def test_memory_and_cpus(self):
        words = printed(HELLO, "-m", "64", "--smp", "2")
        self.assertEqual((after(words, "-m"), after(words, "-smp")), ("64", "2"))

    def test_arguments(self):
        out = thimble("run", HELLO, "--print", "--append", "loglevel=7", "--", "-x", "two words", "", "--print")
        self.assertEqual(after(shlex.split(out), "-append"), 'loglevel=7 -- -x "two words" "" --print')

    def test_disks_of_both_kinds(self):
        with tempfile.TemporaryDirectory() as folder:
            blk, first, second = (f"{folder}/{name}" for name in ("blk.img", "first,1.img", "second.img"))
            for path in (blk, first, second):
                subprocess.run(["mke2fs", "-q", "-t", "ext4", path, "1M"], check=True)
            words = printed(HTTPD, "--scsi", f"{first}:/one", "--disk", f"{blk}:/blk", "--scsi", f"{second}:/two")
        drives = [word for word in words if word.startswith("if=none")]
        self.assertEqual([drive.partition("file=")[2] for drive in drives], [blk, first.replace(",", ",,"), second])
        self.assertIn("virtio-blk-pci,drive=disk0", words)
        self.assertEqual(words.count("virtio-scsi-pci,id=scsi0"), 1)
        self.assertIn("scsi-hd,bus=scsi0.0,scsi-id=0,drive=disk1", words)
        self.assertIn("scsi-hd,bus=scsi0.0,scsi-id=1,drive=disk2", words)
        self.assertTrue(after(words, "-append").endswith("mount=/dev/vda:/blk mount=/dev/sda:/one mount=/dev/sdb:/two"))

    def test_no_scsi_without_disks(self):
        self.assertNotIn("virtio-scsi-pci,id=scsi0", printed(HTTPD))

    def test_cflags(self):
        flags = shlex.split(thimble("--cflags"))
        self.assertIn("-mno-red-zone", flags)
        self.assertIn("-nostdinc", flags)

    def test_help_is_made_of_examples(self):
        for argv in (["--help"], ["run", "--help"], ["build", "--help"]):
            self.assertIn("examples:", thimble(*argv))

    def test_size(self):
        self.assertIn("without its symbol table", thimble("size", HELLO))
