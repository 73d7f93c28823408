# SPDX-License-Identifier: BSD-2-Clause
"""POSIX threads and timers: programs that judge themselves, and that pass on Linux as well."""
from harness import Boot

MACHINES = ('q35', 'microvm')
CPUS = (1, 2, 4)
PROGRAMS = ('basic', 'mutex', 'sync', 'semaphore', 'c11', 'libc', 'cancel', 'timer')


def row(kind, name, machine, cpus, **options):
    return Boot(f'guest/{kind}/{name}/{cpus}/{machine}', f'pthread_{name}', machine=machine, cpus=cpus,
                shows=('^all checks passed$',), weight=min(cpus, 2), **options)


TESTS = [row('pthread', name, machine, cpus) for name in PROGRAMS for machine in MACHINES for cpus in CPUS]

# In the debug build on each machine, and with each number of CPUs, but not with all of both.
TESTS += [row('pthread/debug', name, MACHINES[i % 2], cpus, debug=True)
          for name in PROGRAMS for i, cpus in enumerate(CPUS)]
