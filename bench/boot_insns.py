#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Guest instructions an image spends from its entry to main(): exact, repeatable, independent of the host.

  bench/boot_insns.py IMAGE.elf [--by-function [N]] -- QEMU-COMMAND...
  bench/boot_insns.py build/hello.elf -- qemu-system-x86_64 -M microvm -nodefaults -display none -m 64 -kernel build/hello.elf

Runs the command with -icount shift=0,sleep=off and a counting plugin (bench/insn_count.c, compiled on first use). Prints the number;
with --by-function, the N functions that spent most of them too.
"""
import argparse
import bisect
import collections
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def plugin(build_dir):
    source, target = os.path.join(HERE, "insn_count.c"), os.path.join(build_dir, "insn_count.so")
    if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source):
        os.makedirs(build_dir, exist_ok=True)
        partial = "%s.%d" % (target, os.getpid())
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", partial, source], check=True)
        os.replace(partial, target)
    return target


def symbols(image):
    """The image's functions as sorted (address, name), and the address range it is loaded at."""
    listing = subprocess.run(["nm", "--defined-only", image], capture_output=True, text=True, check=True).stdout
    table = sorted((int(a, 16), name) for a, kind, name in (line.split() for line in listing.splitlines()) if kind in "tTwW")
    headers = subprocess.run(["readelf", "-lW", image], capture_output=True, text=True, check=True).stdout
    loads = [line.split() for line in headers.splitlines() if line.split()[:1] == ["LOAD"]]
    return table, min(int(l[3], 16) for l in loads), max(int(l[3], 16) + int(l[5], 16) for l in loads)


def count(image, command, build_dir, to="main", timeout=60, skip=0, times=1, sleep="off"):
    """(total, {function: instructions}) from the image's first instruction to the function `to`.

    With skip and times: from the skip-th call of `to` over times more. With sleep off an idle guest's clock leaps to its
    next timer; where the guest waits for this machine, its patience should not end so: "on".
    """
    table, lo, hi = symbols(image)
    goal = next(address for address, name in table if name == to)
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "counts")
        run = subprocess.run(command + ["-accel", "tcg", "-icount", "shift=0,sleep=" + sleep, "-plugin",
                                        "%s,lo=%#x,hi=%#x,to=%#x,out=%s,skip=%d,times=%d" %
                                        (plugin(build_dir), lo, hi, goal, out, skip, times)],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
        if not os.path.exists(out):
            raise RuntimeError("%s never reached %s (QEMU status %d); its output ends:\n%s"
                     % (image, to, run.returncode, run.stdout[-800:].decode(errors="replace")))
        with open(out) as f:
            total = int(f.readline().split()[1])
            blocks = [(int(a, 16), int(n)) for a, n in (line.split() for line in f)]
    starts, by_function = [address for address, _ in table], collections.Counter()
    for address, n in blocks:
        i = bisect.bisect(starts, address) - 1
        by_function[table[i][1] if i >= 0 else "?"] += n
    return total, by_function


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image")
    parser.add_argument("--by-function", nargs="?", type=int, const=25, default=0, metavar="N")
    parser.add_argument("--to", default="main", help="stop at this function instead of main")
    parser.add_argument("--build-dir", default="build")
    own, command = sys.argv[1:], []
    if "--" in own:
        at = own.index("--")
        own, command = own[:at], own[at + 1:]
    options = parser.parse_args(own)
    if not command:
        parser.error("the QEMU command is missing: put it after --")
    try:
        total, by_function = count(options.image, command, options.build_dir, options.to)
    except RuntimeError as error:
        sys.exit("boot_insns: %s" % error)
    print(total)
    for name, n in by_function.most_common(options.by_function):
        print("%9d  %s" % (n, name))


if __name__ == "__main__":
    main()
