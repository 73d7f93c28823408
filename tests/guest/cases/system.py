# SPDX-License-Identifier: BSD-2-Clause
"""Process-like things: exit status, arguments, threads, time, memory, the console."""
import subprocess

from harness import Boot, Guest, Machine, app, program, require, status, test

TESTS = []

ALL_PASSED = ('^all checks passed$',)


def exit_status(how, given, wanted, shows=(), hides=()):
    return Boot(f'guest/exit/{how}/{given}', 'exit_status', [how, str(given)], wanted, shows, hides)


TESTS += [exit_status(how, n, n & 255, ('no newline yet;', 'atexit ran', 'destructor ran'))
          for how in ('return', 'exit') for n in (0, 1, 42, 200, 256 + 5)]
TESTS += [exit_status('_exit', 3, 3, hides=('no newline yet', 'atexit ran')),
          exit_status('abort', 0, 128 + 6, hides=('atexit ran',))]

# An app's functions may be named as the kernel's are.
TESTS += [Boot(f"guest/names{''.join(options)}", 'names', shows=('^11 11$',), options=options) for options in ((), ('--with=debug',))]

TESTS += [
    Boot('guest/args/none', 'args', shows=('^argc=1 end=1 environ=1',), hides=(r'argv\[1',)),
    Boot('guest/args/words', 'args', ['one', 'two words', '', '--', '-x=y', 'ip=1.2.3.4'],
         shows=(r'^argv\[1\]=\[one\]$', r'^argv\[2\]=\[two words\]$', r'^argv\[3\]=\[\]$', r'^argv\[4\]=\[--\]$',
                r'^argv\[5\]=\[-x=y\]$', r'^argv\[6\]=\[ip=1\.2\.3\.4\]$', '^argc=7 end=1')),
    Boot('guest/args/environment', 'args', append='env.HOME=/home env.TWO="two words" env.EMPTY=',
         shows=(r'^env\[HOME=/home\]$', r'^env\[TWO=two words\]$', r'^env\[EMPTY=\]$', r'HOME=\[/home\]')),
    Boot('guest/args/unknown-parameter', 'args', append='nonsense=1 loglevel=6', shows=('nonsense', '^argc=1')),
    Boot('guest/args/bad-value', 'args', append='loglevel=banana', shows=('loglevel', '^argc=1')),
]

for machine in ('q35', 'pc', 'microvm'):
    TESTS += [Boot(f'guest/{name}/{machine}', name, shows=ALL_PASSED, machine=machine)
              for name in ('sleep', 'preempt', 'futex')]
TESTS += [Boot(f'guest/threads/{machine}', 'threads', shows=ALL_PASSED, machine=machine, memory_mib=64)
          for machine in ('q35', 'pc', 'microvm')]
TESTS.append(Boot('guest/memory', 'memory', shows=(r'^\d+ KiB in all$', *ALL_PASSED), memory_mib=24))


@test('guest/hello/4MiB')
def hello_in_4_mib(ctx):
    """hello runs in 4 MiB"""
    for machine in ('q35', 'pc', 'microvm'):
        with Guest(Machine(image=app(ctx, 'hello'), machine=machine, memory_mib=4)) as guest:
            require(guest.finish() == 0, f'status on {machine}')
            require(guest.text.strip(), 'it says nothing')


@test('guest/memory/too-little')
def too_little_memory(ctx):
    """an image that does not fit says so in one line, before or after it has booted"""
    tool = subprocess.run([ctx.root / 'tools/thimble', 'run', app(ctx, 'httpd'), '-m', '1', '--timeout', '30'],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    require(tool.returncode == status.REFUSED and 'too little memory' in tool.stderr, tool.stderr)
    require(len(tool.stderr.strip().splitlines()) == 1, f'more than a line: {tool.stderr}')


@test('guest/console/lines')
def console_lines(ctx):
    """stdin is a terminal: lines, carriage returns, erase, kill, end of input"""
    with Guest(Machine(image=program(ctx, 'echo'))) as guest:
        guest.expect('^ready tty=1$')
        for typed, line in (('plain\n', 'plain'), ('return\r', 'return'), ('\n', ''), ('erax\x7fse\n', 'erase'),
                            ('\x7f\x7fnothing to erase\n', 'nothing to erase'), ('gone\x15kept\n', 'kept'),
                            ('x' * 200 + '\n', 'x' * 200)):
            guest.send(typed)
            guest.expect(f'^got {len(line)} <{line}>$')
        guest.send('\x04')
        guest.expect('^end after 7 lines$')
        require(guest.finish() == 0, 'status')


@test('guest/console/burst')
def console_burst(ctx):
    """a hundred lines at once are read one by one, none lost"""
    with Guest(Machine(image=program(ctx, 'echo'))) as guest:
        guest.expect('^ready')
        for i in range(100):
            guest.send(f'line {i}\n')
            guest.expect(f'^got {len(str(i)) + 5} <line {i}>$')
        guest.send('a\nb\nc\nquit\n')
        for line in ('a', 'b', 'c', 'quit'):
            guest.expect(f'got {len(line)} <{line}>$')  # the next line's echo may stand before it
        require(guest.finish() == 7, 'status')
