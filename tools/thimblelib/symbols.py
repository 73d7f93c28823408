# SPDX-License-Identifier: BSD-2-Clause
"""The symbol table inside the image, from which a panic names functions (format: debug/symbols.h)."""
import struct
import subprocess


def function_symbols(elf):
    """[(address, name)] of the functions in an ELF file, sorted, one name for each address."""
    out = subprocess.run(["nm", "--defined-only", "-n", str(elf)], capture_output=True, text=True, check=True).stdout
    best = {}
    for line in out.splitlines():
        address, kind, name = line.split(maxsplit=2)
        # A global name says more than a local one at the same address, and an early name in the alphabet is as good as another.
        if kind in "TtWw":
            rank = (kind in "tw", name)
            best[int(address, 16)] = min(best.get(int(address, 16), rank), rank)
    return [(address, best[address][1]) for address in sorted(best)]


def blob(symbols):
    names = bytearray()
    offsets = []
    base = 4 + 8 * len(symbols)
    for _, name in symbols:
        offsets.append(base + len(names))
        names += name.encode() + b"\0"
    numbers = [len(symbols), *(address for address, _ in symbols), *offsets]
    return struct.pack(f"<{len(numbers)}I", *numbers) + bytes(names)
