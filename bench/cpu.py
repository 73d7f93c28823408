#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What threads, locks, memory and clocks cost in Thimble and in a Linux guest: the same source, on the same QEMU.

  bench/cpu.py                     a table: ns per operation in each guest, and how many times faster Thimble is
  bench/cpu.py --runs 5            more runs of each, in turns; the best counts (3)
  bench/cpu.py --machine pc        another machine (q35)
  bench/cpu.py --vmlinuz FILE      another Linux than Debian's cloud kernel, which is fetched on first use

Ends with 1 when Thimble misses a goal.
"""
import argparse
import gzip
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from thimblelib import cpio, status  # noqa: E402  (the path comes first)

SOURCES = ROOT / "bench/cpu"
PACKAGE = "linux-image-cloud-amd64"
TIMEOUT_S = 120

# What Linux does by a system call or a change of address space, we do by a function call. The rest is equal work.
SYSTEM_CALL, USER_SPACE = 3.0, 1.0
GOALS = {
    "yield": SYSTEM_CALL, "mutex-hand-over": SYSTEM_CALL, "futex-wake": SYSTEM_CALL, "thread-create-join": SYSTEM_CALL,
    "mmap-touch-munmap-64K": SYSTEM_CALL, "mutex-uncontended": USER_SPACE, "malloc-free": USER_SPACE,
    "malloc-free-2-threads": USER_SPACE, "clock_gettime": USER_SPACE, "nanosleep-late-median": USER_SPACE,
}
SCALING_GOAL = 1.6


def main(argv):
    options = parse(argv)
    build = pathlib.Path(options.build).resolve()
    (build / "bench").mkdir(parents=True, exist_ok=True)
    kernel = pathlib.Path(options.vmlinuz) if options.vmlinuz else debian_kernel(build / "bench")
    guests = {"thimble": ["-kernel", thimble_image(build)], "linux": ["-kernel", kernel, *linux_system(build / "bench")]}
    results = {name: {} for name in guests}
    for _ in range(options.runs):
        for name, arguments in guests.items():
            keep_best(results[name], run(options.machine, arguments))
    return 0 if table(results["thimble"], results["linux"]) else 1


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--machine", default="q35", choices=("q35", "pc"))
    parser.add_argument("--vmlinuz")
    parser.add_argument("--build", default=str(ROOT / "build"), help="the build folder")
    return parser.parse_args(argv)


def debian_kernel(folder):
    """The kernel out of Debian's package, which need not be installed for it."""
    found = sorted(folder.glob("linux/boot/vmlinuz-*"))
    if not found:
        print(f"bench: fetching Debian's {PACKAGE}", file=sys.stderr)
        depends = subprocess.run(["apt-cache", "depends", "--important", PACKAGE], capture_output=True, text=True, check=True)
        package = next(line.split()[-1] for line in depends.stdout.splitlines() if "linux-image-" in line.split()[-1]
                       and "Depends" in line)
        subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package], cwd=folder, check=True)
        archive = next(folder.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive, folder / "linux"], check=True)
        archive.unlink()
        found = sorted(folder.glob("linux/boot/vmlinuz-*"))
    return found[-1]


def thimble_image(build):
    image = build / "bench/cpu.elf"
    subprocess.run([ROOT / "tools/thimble", "build", *sorted(SOURCES.glob("*.c")), "-o", image, "--cflags=-O2"], check=True)
    return image


def linux_system(folder):
    """QEMU's arguments for an initramfs that holds the program and nothing else."""
    archive = folder / "cpu.cpio.gz"
    with tempfile.TemporaryDirectory() as tree:
        subprocess.run(["gcc", "-O2", "-static", "-pthread", *sorted(SOURCES.glob("*.c")), "-o", f"{tree}/init"], check=True)
        archive.write_bytes(gzip.compress(cpio.archive(tree), 1))
    # On a busy host Linux takes the timer's interrupts, which come late, for missing ones and stops.
    return ["-initrd", archive, "-append", "quiet console=ttyS0 panic=-1 no_timer_check"]


def run(machine, arguments):
    """{name: ns} of one boot."""
    command = ["qemu-system-x86_64", "-M", machine, "-m", "256", "-smp", "2", "-nodefaults", "-no-reboot", "-display", "none",
               "-serial", "stdio", *arguments]
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False)
    lines = done.stdout.decode(errors="replace").splitlines()
    if "end" not in lines:
        raise status.Refusal("the guest did not come to its end; its last lines:\n" + "\n".join(lines[-5:]))
    return {words[0]: float(words[1]) for words in map(str.split, lines) if len(words) == 2 and words[0] in KNOWN}


KNOWN = {*GOALS, "nanosleep-late-90th"}


def keep_best(best, results):
    for name, ns in results.items():
        best[name] = min(ns, best.get(name, ns))


def table(ours, linux):
    """Prints it; whether every goal is reached."""
    reached = True
    print(f"{'ns per operation':24} {'Thimble':>12} {'Linux':>12} {'times faster':>13}  goal")
    for name, ns in ours.items():
        faster, goal = linux[name] / ns, GOALS.get(name)
        missed = goal is not None and faster < goal
        reached = reached and not missed
        print(f"{name:24} {ns:12,.0f} {linux[name]:12,.0f} {faster:13.1f}  "
              + ("" if goal is None else f"{goal:g}{' MISSED' if missed else ''}"))
    scaling = ours["malloc-free"] / ours["malloc-free-2-threads"]
    print(f"malloc by two threads: {scaling:.2f} times the rate of one; goal {SCALING_GOAL}"
          + (" MISSED" if scaling < SCALING_GOAL else ""))
    return reached and scaling >= SCALING_GOAL


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (status.Refusal, subprocess.CalledProcessError) as error:
        sys.exit(f"bench/cpu.py: {error}")
