# SPDX-License-Identifier: BSD-2-Clause
"""Memory: mapped, filled late, protected, moved, given back; by one CPU and by several at once; little of it and much."""
import re

from harness import Boot, Guest, Machine, debug_build, program, require, status, test

TESTS = []

ALL_PASSED = ('^all checks passed$',)

TESTS += [Boot(f'guest/mmap/{what}/{cpus}/{machine}', name, [str(cpus)], machine=machine, cpus=cpus, shows=ALL_PASSED,
               weight=min(cpus, 2))
          for what, name in (('calls', 'mmap'), ('smp', 'mmap_smp'))
          for machine in ('q35', 'microvm') for cpus in (1, 2, 4)]

REGION = r', in region 0x[0-9a-f]+-0x[0-9a-f]+ '
BAD_ACCESS = {
    'read-only': f'write to read-only memory .*{REGION}r--',
    'read-only-lazy': f'write to read-only memory .*{REGION}r--',
    'guard': f'access to protected memory .*{REGION}---',
    'unmapped': 'read of unmapped memory',
    'execute': f'execute of non-executable memory .*{REGION}rw-',
}
TESTS += [Boot(f'guest/mmap/fault/{how}/{cpus}/{machine}', 'mmap_fault', [how], status.PANIC, machine=machine, cpus=cpus,
               shows=(text,), hides=('survived',))
          for how, text in BAD_ACCESS.items() for cpus, machine in ((1, 'q35'), (2, 'microvm'), (4, 'q35'))]

TESTS += [Boot(f'guest/mmap/fragments/{cpus}/{machine}', 'fragments', machine=machine, cpus=cpus, memory_mib=40,
               shows=ALL_PASSED, weight=min(cpus, 2))
          for machine in ('q35', 'microvm') for cpus in (1, 2, 4)]
TESTS += [Boot('guest/mmap/debug/fragments', 'fragments', cpus=2, memory_mib=40, shows=ALL_PASSED, weight=2, debug=True)]

# Of 8 GiB a test touches little, and the host gives no more than that.
TESTS += [Boot(f'guest/mmap/memory/{mib}', 'mmap_sizes', [str(mib)], memory_mib=mib, shows=ALL_PASSED)
          for mib in (4, 3072, 8192)]


@test('guest/mmap/debug/large')
def cleared_without_lock(ctx):
    """a large page is cleared with no lock held"""
    machine = Machine(image=program(debug_build(ctx), 'mmap_large'), extra=['-icount', 'shift=0,sleep=off'])
    with Guest(machine) as guest:
        code = guest.finish(80)
        guest.expect(*ALL_PASSED, 0)
        require(code == 0, f'status {code}')


RUNS = 4  # a stack lies in one of some hundred places: that four agree by chance takes years of runs


@test('guest/mmap/random')
def random_addresses(ctx):
    """heap, mappings, main()'s stack and other threads' lie elsewhere each time"""
    seen = {}
    for _ in range(RUNS):
        with Guest(Machine(image=program(ctx, 'addresses'))) as guest:
            guest.finish(80)
        for what, address in re.findall(r'(\w+) (0x\w+)', guest.text):
            seen.setdefault(what, set()).add(address)
    require(set(seen) == {'heap', 'map', 'stack', 'thread'}, f'found {seen}')
    require(len(seen['heap']) == len(seen['map']) == RUNS, f'the same of {seen}')
    require(len(seen['stack']) > 1 and len(seen['thread']) > 1, f'always the same of {seen}')
