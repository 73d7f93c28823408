# SPDX-License-Identifier: BSD-2-Clause
"""The disks that programs/block.c, block_stress.c and virtio_io.c know."""
import array

from harness import locked

STEP = 0x9e3779b97f4a7c15
WORDS = 1 << 20


def pattern(ctx):
    """Each 8-byte word holds its own index times STEP. The file is made once."""
    path = ctx.sdk / 'tests/guest/pattern.img'
    with locked(path.with_suffix('.lock')):
        if not path.exists():
            words = array.array('Q', (i * STEP & 0xffff_ffff_ffff_ffff for i in range(WORDS)))
            path.write_bytes(words.tobytes())
    return path


# The disk of programs/virtio_io.c, before and after.

IO_WORDS = (1 << 20) // 8
MASK = 0xffff_ffff_ffff_ffff


def whole(turned_from=IO_WORDS):
    """Each word its index times STEP, those from turned_from on turned around."""
    return array.array('Q', ((i * STEP & MASK) ^ (MASK if i >= turned_from else 0) for i in range(IO_WORDS))).tobytes()


def half_turned():
    return whole(IO_WORDS // 2)
