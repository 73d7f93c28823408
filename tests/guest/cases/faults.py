# SPDX-License-Identifier: BSD-2-Clause
"""What a program must not do: each time the right words, a panic, and the panic's status."""
from harness import Boot, Guest, Machine, program, require, status, test

TESTS = []

FAULTS = {
    'wx': {
        'write-text': 'write to read-only memory',
        'write-rodata': 'write to read-only memory',
        'exec-rodata': 'execute of non-executable memory',
        'exec-data': 'execute of non-executable memory',
        'exec-bss': 'execute of non-executable memory',
        'exec-stack': 'execute of non-executable memory',
        'exec-heap': 'execute of non-executable memory',
    },
    'null': {
        'read': 'NULL pointer dereference',
        'write': 'NULL pointer dereference',
        'member': 'NULL pointer dereference',
        'call': 'NULL function call',
    },
    'exception': {
        'invalid-opcode': 'invalid instruction',
        'divide': 'divide error',
        'breakpoint': 'breakpoint',
        'noncanonical': 'general protection fault',
        'unmapped': 'write to unmapped memory',
    },
    'stack_overflow': {
        'main': 'stack overflow in thread main',
        'thread': 'stack overflow in thread deep',
        'wide': 'stack overflow in thread wide',
        'scattered': 'stack overflow in thread scattered',
    },
    'stack_smash': {
        'overrun': 'stack smashing',
    },
}

# Where the backtrace has to lead: the function that did it, by name.
CULPRIT = {'wx': 'main', 'null': 'main', 'exception': 'main', 'stack_overflow': 'recurse|leap', 'stack_smash': 'overrun'}


def fault(name, how, words, machine):
    return Boot(f'guest/fault/{name}/{how}/{machine}', name, [how], status.PANIC, machine=machine,
                shows=('panic.*' + words, CULPRIT[name]), hides=('survived',))


# The memory map comes from another place on microvm, so each fault is tried there too.
TESTS += [fault(name, how, words, machine) for name, kinds in FAULTS.items() for how, words in kinds.items()
          for machine in ('q35', 'microvm')]

TESTS.append(Boot('guest/fault/triple', 'exception', ['triple'], status.BOOT_FAILED, hides=('survived', 'panic')))


@test('guest/fault/canary')
def canary(ctx):
    """The stack canary is another in every boot, never 0, and its lowest byte is (so that a string cannot leak it)."""
    seen = set()
    for _ in range(3):
        with Guest(Machine(image=program(ctx, 'stack_smash'), arguments=['look'])) as guest:
            seen.add(int(guest.expect(r'^canary ([0-9a-f]{16})$')[1], 16))
            require(guest.finish() == 0, 'status')
    require(len(seen) == 3 and 0 not in seen, f'canaries {seen}')
