# SPDX-License-Identifier: BSD-2-Clause
"""Several CPUs: that they start, share the work, interrupt each other, keep their registers apart and stop for a panic."""
from harness import Boot, Guest, Machine, program, require, status, test

TESTS = []

ALL_PASSED = ('^all checks passed$',)
MACHINES = ('q35', 'microvm')
CPUS = (1, 2, 4)


def on_all(name, more_of=CPUS, **options):
    return [Boot(f'guest/smp/{name}/{cpus}/{machine}', name, [str(cpus)], machine=machine, cpus=cpus, shows=ALL_PASSED,
                 weight=min(cpus, 2), **options)
            for machine in MACHINES for cpus in more_of]


TESTS += on_all('smp_up') + on_all('smp_sched') + on_all('smp_fpu') + on_all('smp_ipi')

# What one CPU is tested with elsewhere.
TESTS += [test for name in ('sleep', 'preempt', 'futex', 'threads') for test in on_all(name, (2, 4))]
TESTS += on_all('libc_threads') + on_all('libc_time') + on_all('memory', memory_mib=24)

# More CPUs than most machines have, and the most there can be: their start is all that is tried.
TESTS += [Boot(f'guest/smp/start/{cpus}', 'smp_start', [str(cpus)], cpus=cpus, shows=ALL_PASSED, weight=2, timeout_s=180,
               full_only=cpus > 8)
          for cpus in (8, 64)]
TESTS += [Boot('guest/smp/start/66', 'smp_start', ['64'], cpus=66, weight=2, timeout_s=180, full_only=True,
               shows=('cpu: 2 CPUs beyond the first 64 stay idle$', *ALL_PASSED))]


def panic(how, shows):
    return [Boot(f'guest/smp/panic/{how}/{machine}', 'smp_panic', ['3', how], status.PANIC, machine=machine, cpus=3,
                 shows=(*shows, '^thread [0-9]+ "dreamer", asleep in .*sleep'))
            for machine in MACHINES]


OTHER_CPU = '^cpu 2, thread [0-9]+ "victim"'
TESTS += panic('computing', ('^kernel panic: here$', '^cpu 0, thread', 'main', '^cpu 1, thread .*idle/1', OTHER_CPU,
                             'compute_elsewhere'))
TESTS += panic('locked', ('^kernel panic: here$', OTHER_CPU, 'hold_lock_elsewhere'))
TESTS += panic('both', ('^kernel panic: (here|there)$', 'main|other_panic', '^cpu [02], thread', 'main|other_panic'))


@test('guest/smp/absent')
def absent_cpu(ctx):
    """a CPU that ACPI names and that does not start costs a line, and nobody waits for it"""
    # A second CPU that the firmware's tables promise and QEMU keeps in reset cannot be had; one CPU too many for the
    # memory there is can.
    with Guest(Machine(image=program(ctx, 'smp_start'), cpus=40, memory_mib=4, arguments=['0'])) as guest:
        require(guest.finish(120) == 0, 'status')
        require('no memory to start the CPU' in guest.text, f'it says {guest.text!r}')
