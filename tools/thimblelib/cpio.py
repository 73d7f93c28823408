# SPDX-License-Identifier: BSD-2-Clause
"""The embedded file tree: a newc cpio archive (the format of Linux's initramfs), the same bytes for the same tree."""
import os
import stat

from .status import Refusal

KINDS = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)


def archive(folder):
    if not os.path.isdir(folder):
        raise Refusal(f"--root {folder}: no such folder")
    out = bytearray()
    names = sorted(walk(folder))
    for inode, name in enumerate(names, 1):
        add(out, inode, os.path.join(folder, name), name)
    out += header("TRAILER!!!", nlink=1)
    return bytes(out)


def walk(folder):
    for parent, dirs, files in os.walk(folder):
        for name in dirs + files:
            path = os.path.join(parent, name)
            if any(kind(os.lstat(path).st_mode) for kind in KINDS):
                yield os.path.relpath(path, folder)


def add(out, inode, path, name):
    st = os.lstat(path)
    if stat.S_ISLNK(st.st_mode):
        data = os.fsencode(os.readlink(path))
    elif stat.S_ISDIR(st.st_mode):
        data = b""
    else:
        with open(path, "rb") as file:
            data = file.read()
    out += header(name, inode=inode, mode=st.st_mode, nlink=1, mtime=int(st.st_mtime), size=len(data))
    out += data
    pad(out)


def header(name, inode=0, mode=0, nlink=0, mtime=0, size=0):
    """Owner and device numbers are 0: they belong to the machine that built the image, not to the image."""
    encoded = os.fsencode(name) + b"\0"
    fields = (inode, mode, 0, 0, nlink, mtime, size, 0, 0, 0, 0, len(encoded), 0)
    out = bytearray(b"070701" + b"".join(b"%08X" % (field & 0xFFFFFFFF) for field in fields) + encoded)
    pad(out)
    return out


def pad(out):
    out += bytes(-len(out) % 4)
