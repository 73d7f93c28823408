# SPDX-License-Identifier: BSD-2-Clause
"""The disk that programs/block.c and block_stress.c know."""
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
