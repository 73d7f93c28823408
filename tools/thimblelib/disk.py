# SPDX-License-Identifier: BSD-2-Clause
"""--disk and --scsi FILE[:MOUNTPOINT], and what can be known to be wrong with FILE before a machine starts."""
import dataclasses
import os
import stat
import struct

from .status import Refusal

EXT4_SUPERBLOCK = 1024
EXT4_MAGIC = 0xEF53


@dataclasses.dataclass
class Disk:
    path: str
    mountpoint: str = ""
    scsi: bool = False

    @classmethod
    def parse(cls, text, scsi=False):
        path, colon, mountpoint = text.rpartition(":")
        if not colon or not mountpoint.startswith("/"):
            return cls(text, scsi=scsi)
        return cls(path, mountpoint, scsi)

    @property
    def option(self):
        """As it was written on the command line."""
        return f"{'--scsi' if self.scsi else '--disk'} {self.path}"

    @property
    def read_only(self):
        return not os.access(self.path, os.W_OK)

    def check(self):
        try:
            st = os.stat(self.path)
            with open(self.path, "rb") as file:
                head = file.read(EXT4_SUPERBLOCK + 1024)
        except OSError as error:
            raise Refusal(f"{self.option}: {error.strerror}") from None
        if not head:
            raise Refusal(f"{self.option}: the file is empty; a disk has at least one 512-byte sector")
        if self.mountpoint:
            size = st.st_size if stat.S_ISREG(st.st_mode) else None
            check_ext4(self.option, head, size)


def check_ext4(option, head, size):
    """Magic and size only; the file system's own checks come when it is mounted."""
    hint = "make one with `mke2fs -t ext4 -d DIR FILE SIZE`"
    if len(head) < EXT4_SUPERBLOCK + 1024:
        raise Refusal(f"{option}: too small for an ext4 file system; {hint}")
    blocks_lo, log_block_size = struct.unpack_from("<4xI16xI", head, EXT4_SUPERBLOCK)
    magic, = struct.unpack_from("<H", head, EXT4_SUPERBLOCK + 0x38)
    if magic != EXT4_MAGIC:
        raise Refusal(f"{option}: no ext4 file system on it; {hint}")
    needed = blocks_lo << (10 + min(log_block_size, 6))
    if size is not None and size < needed:
        raise Refusal(f"{option}: truncated: its ext4 file system is {needed} bytes, the file {size}; {hint}")
