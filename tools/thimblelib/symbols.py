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


def global_names(files):
    """What object files and archives define for others."""
    out = subprocess.run(["nm", "--defined-only", "--extern-only", "--format=just-symbols", *map(str, files)],
                         capture_output=True, text=True, check=True).stdout
    return {line for line in out.split("\n") if line and not line.endswith(":")}


def blob(symbols):
    names, places = packed_names(sorted({name for _, name in symbols}, key=lambda name: (-len(name), name)))
    base = 4 + 8 * len(symbols)
    numbers = [len(symbols), *(address for address, _ in symbols), *(base + places[name] for _, name in symbols)]
    return struct.pack(f"<{len(numbers)}I", *numbers) + names


def packed_names(longest_first):
    """The names' bytes, and where in them each begins. A name that ends another one lies in it."""
    names, places = bytearray(), {}
    for name in longest_first:
        if name not in places:
            for i in range(len(name)):
                places.setdefault(name[i:], len(names) + i)
            names += name.encode() + b"\0"
    return bytes(names), places


def names_in(table):
    """The names in a blob()."""
    count, = struct.unpack_from("<I", table)
    offsets = struct.unpack_from(f"<{count}I", table, 4 + 4 * count)
    return [table[at:table.index(b"\0", at)].decode() for at in offsets]
