# SPDX-License-Identifier: BSD-2-Clause
"""The debug build (make DEBUG=1): each misuse of a spinlock is a panic with two call chains, and the system itself commits none."""
from disk_pattern import pattern
from harness import Boot, Guest, Machine, debug_build, program, require, status, test
from thimblelib.disk import Disk

TESTS = []

ALL_PASSED = ('^all checks passed$',)
TAKEN, SEEN = '^where it was taken:$', '^where the other order was seen:$'

# (way, reason, a function of the panic's own chain, title of the other chain, a function of that)
FORBIDDEN = [
    ('twice', 'is taken twice', 'twice', TAKEN, 'take_first'),
    ('order', 'is taken after .*, against the order seen before', 'in_the_other_order', SEEN, 'in_one_order'),
    ('circle', 'is taken after .*, against the order seen before', 'in_the_other_order', SEEN, 'in_one_order'),
    ('same-class', 'is taken after .*, a test queue both$', 'in_one_order', '^where that was taken:$', 'in_one_order'),
    ('asleep', 'is held by a thread that would sleep', 'asleep', TAKEN, 'take_first'),
    ('held', 'was held too long', 'held', TAKEN, 'held'),
    ('waited', 'is waited for in vain', 'waited', TAKEN, 'hold_elsewhere'),
    ('foreign', 'is released by a CPU that does not hold it', 'foreign', TAKEN, ''),
]

TESTS += [Boot(f'guest/debug/spinlock/{way}', 'spinlocks', ['2', way], status.PANIC, cpus=2, debug=True, weight=2,
               shows=(f'^kernel panic: spinlock .* {reason}', rf'^#.* {here}[+.]', title, there and rf'^#.* {there}[+.]'))
          for way, reason, here, title, there in FORBIDDEN]


def clean(name, cpus, machine='q35', full_only=False):
    return Boot(f'guest/debug/{name}/{cpus}/{machine}', name, [str(cpus)], machine=machine, cpus=cpus, debug=True,
                shows=ALL_PASSED, weight=min(cpus, 2), timeout_s=180, full_only=full_only)


TESTS += [Boot(f'guest/debug/spinlock/nothing/{cpus}', 'spinlocks', [str(cpus), 'nothing'], cpus=cpus, debug=True,
               shows=ALL_PASSED, weight=cpus) for cpus in (1, 2)]
QUICK = (('smp_sched', 2, 'q35'), ('futex', 2, 'q35'), ('threads', 1, 'q35'), ('libc_threads', 2, 'q35'), ('poll', 2, 'microvm'),
         ('mmap', 1, 'q35'), ('mmap_smp', 2, 'q35'))
TESTS += [clean(*row) for row in QUICK]
TESTS += [clean(name, cpus, machine, True)
          for name in ('smp_up', 'smp_sched', 'smp_ipi', 'smp_fpu', 'futex', 'threads', 'libc_threads', 'libc_time', 'mmap',
                       'mmap_smp', 'sleep', 'preempt')
          for cpus in (1, 2, 4) for machine in ('q35', 'microvm') if (name, cpus, machine) not in QUICK]

TESTS += [Boot(f'guest/debug/memory/{cpus}/{machine}', 'memory', [str(cpus)], machine=machine, cpus=cpus, memory_mib=24, debug=True,
               shows=ALL_PASSED, weight=min(cpus, 2), full_only=cpus != 2)
          for cpus in (1, 2, 4) for machine in ('q35', 'microvm')]


@test('guest/debug/disk', weight=2, timeout_s=180)
def disk(ctx):
    """a disk's requests and interrupts, on two CPUs"""
    machine = Machine(image=program(debug_build(ctx), 'block_stress'), cpus=2, disks=[Disk(str(pattern(ctx)))],
                      arguments=['3', '60000'])
    with Guest(machine) as guest:
        code = guest.finish(150)
        guest.expect(*ALL_PASSED, 0)
        require(code == 0, f'status {code}')
