# SPDX-License-Identifier: BSD-2-Clause
"""tools/floors against trees made to break it."""
import pathlib
import subprocess
import tempfile
import unittest

FLOORS = pathlib.Path(__file__).resolve().parents[2] / "tools/floors"


class Floors(unittest.TestCase):
    def check(self, files):
        """(exit status, output) for a tree of {path: text}."""
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                file = pathlib.Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            done = subprocess.run([FLOORS, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    def refused(self, path, included, why):
        status, out = self.check({path: f'/* head */\n#include "{included}"\n'})
        self.assertEqual((status, out), (1, f'{path}:2: {why} ("{included}")\n'))

    def allowed(self, path, included):
        status, out = self.check({path: f'#include "{included}"\n'})
        self.assertEqual((status, out), (0, "floors: 1 files, every include goes down\n"))

    def test_up(self):
        self.refused("kernel/page.c", "fs/vfs.h", "kernel/ may not include fs/")
        self.refused("virtio/virtio_blk.c", "fs/vfs.h", "virtio/ may not include fs/")
        self.refused("kernel/x86_64/trap.c", "debug/debug.h", "kernel/ may not include debug/")

    def test_sideways(self):
        self.refused("fs/ext4/ext4.c", "net/net.h", "fs/ may not include net/")
        self.refused("net/socket.c", "fs/vfs.h", "net/ may not include fs/")
        self.refused("apps/a/main.c", "apps/b/b.h", "an app may not include another's files")

    def test_devices_only_by_class(self):
        self.refused("fs/ext4/io.c", "virtio/virtio.h", "fs/ may not include virtio/")
        self.refused("net/netif.c", "virtio/virtio.h", "net/ may not include virtio/")

    def test_apps_see_libc_headers_only(self):
        self.refused("apps/a/main.c", "kernel/page.h", "apps/ may not include kernel/")
        self.allowed("apps/a/main.c", "stdio.h")
        self.allowed("apps/a/main.c", "apps/a/a.h")

    def test_boot_knows_boot_info_only(self):
        self.refused("boot/entry.c", "kernel/page.h", "boot/ may not include kernel/")
        self.allowed("boot/entry.c", "kernel/boot_info.h")

    def test_down(self):
        self.allowed("libc/read.c", "kernel/file.h")
        self.allowed("libc/socket.c", "net/net.h")
        self.allowed("fs/vfs.c", "kernel/blkdev.h")
        self.allowed("virtio/virtio.c", "kernel/irq.h")

    def test_main_is_exempt(self):
        self.allowed("kernel/main.c", "fs/vfs.h")

    def test_other_spellings(self):
        self.refused("kernel/page.c", "net/net.h", "kernel/ may not include net/")
        status, _ = self.check({"kernel/page.c": "#  include <net/net.h>\n"})
        self.assertEqual(status, 1)
