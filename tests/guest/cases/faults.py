# SPDX-License-Identifier: BSD-2-Clause
"""What a program must not do: each time the right words, a panic, and the panic's status."""
import re
import subprocess

from gdb_session import Terminal
from harness import BOOT_TIMEOUT_S, PROGRAMS, ROOT, Boot, Guest, Machine, program, require, status, test

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


def line_of(path, statement):
    """The number of the one line that has it."""
    numbers = [n for n, line in enumerate(path.read_text().split('\n'), 1) if statement in line]
    require(len(numbers) == 1, f'{statement!r} is on lines {numbers} of {path}')
    return numbers[0]


def decoded(name, how, statement, frame, caller, streams):
    @test(f'guest/fault/decoded/{name}/{how}/{streams}', weight=1)
    def run(ctx):
        """tools/thimble run adds file and line to a panic's frames: the planted fault's, and those of its callers"""
        path = PROGRAMS / f'{name}.c'
        argv = [ROOT / 'tools/thimble', 'run', program(ctx, name), '--', how]
        if streams == 'pipes':
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False, timeout=BOOT_TIMEOUT_S)
            shown, code = done.stdout.decode().replace('\r', ''), done.returncode
        else:
            with Terminal(argv) as terminal:
                while terminal.read(BOOT_TIMEOUT_S):
                    pass
                shown, code = terminal.text, terminal.process.wait(BOOT_TIMEOUT_S)
        require(code == status.PANIC, f'status {code}\n{shown}')
        place = re.escape(f'{path.relative_to(ROOT)}:{line_of(path, statement)}')
        require(re.search(rf'^{frame}\+0x[0-9a-f]+ (\S*/)?{place}$', shown, re.MULTILINE), f'no {frame} at {place} in\n{shown}')
        require(re.search(rf'^#\d+ +0x[0-9a-f]+ {caller}$', shown, re.MULTILINE), f'no {caller} in\n{shown}')


for streams in ('pipes', 'terminal'):
    decoded('null', 'read', 'printf("read', r'#0 +0x[0-9a-f]{16} main', r'thread_run\+0x[0-9a-f]+ \S*kernel/thread\.c:\d+', streams)
    decoded('stack_overflow', 'thread', 'return recurse(n + 1)', r'#[1-9]\d* +0x[0-9a-f]{16} recurse',
            rf'thread\+0x[0-9a-f]+ \S*programs/stack_overflow\.c:{line_of(PROGRAMS / "stack_overflow.c", "recurse(1)")}', streams)


@test('guest/fault/canary')
def canary(ctx):
    """The stack canary is another in every boot, never 0, and its lowest byte is (so that a string cannot leak it)."""
    seen = set()
    for _ in range(3):
        with Guest(Machine(image=program(ctx, 'stack_smash'), arguments=['look'])) as guest:
            seen.add(int(guest.expect(r'^canary ([0-9a-f]{16})$')[1], 16))
            require(guest.finish() == 0, 'status')
    require(len(seen) == 3 and 0 not in seen, f'canaries {seen}')
