# SPDX-License-Identifier: BSD-2-Clause
"""A real gdb on the image's own stub, and on its cores."""
import contextlib
import os
import pathlib
import re

from gdb_session import Gdb, Terminal, serial_line, virtio_line
from harness import BOOT_TIMEOUT_S, ROOT, Guest, Machine, program, require, run_tool, status, test
from thimblelib.disk import Disk

TESTS = []

HELPERS = ROOT / 'tools/gdb/thimble.py'


@contextlib.contextmanager
def debuggee(ctx, cpus=1, append='gdb=ttyS1', line=serial_line, ready='^ready$', **machine):
    """The program as it runs, and a gdb that has attached to it."""
    image = program(ctx, 'debuggee', '--with', 'debug')
    socket = ctx.tmp / 'gdb'
    with Guest(Machine(image=image, cpus=cpus, append=append, extra=line(socket), **machine)) as guest:
        guest.expect(ready)
        with Gdb(image) as gdb:
            gdb.expect_after(f'target remote {socket}', f'Remote debugging using {socket}')
            yield guest, gdb


def end(guest, gdb):
    """It runs to its end: nothing of the debugger is left in it."""
    gdb.run('set var done = 1')
    gdb.run('detach')
    require(guest.finish() == 0, 'it did not end well')


@test('guest/gdb/threads', weight=2)
def threads(ctx):
    """names, states, every thread's calls, and variables of each"""
    with debuggee(ctx) as (guest, gdb):
        gdb.expect_after('info threads', '"boot"', '"idle"', r'"main"', r'"main"', r'"main"')
        calls = gdb.run('thread apply all bt')
        for function in ('spinner', 'waiter', 'pthread_mutex_lock', 'usleep', 'context_start'):
            require(f'{function} (' in calls, f'no {function} in\n{calls}')
        require('corrupt' not in calls and '??' not in calls, calls)
        gdb.run(f'source {HELPERS}')
        gdb.expect_after(f"thread apply {gdb.thread_in('waiter')} -q thimble local own", r'^own = 7$')
        gdb.expect_after(f"thread apply {gdb.thread_in('main')} -q thimble local own", r'^own = 1$')
        gdb.expect_after('print corner', r'= \{x = 3, y = 4\}')
        gdb.expect_after('print heap', '"on the heap"')
        end(guest, gdb)


@test('guest/gdb/breakpoint', weight=2)
def breakpoint(ctx):
    """stop in the app, see the callers, step, finish, change what a function is given"""
    with debuggee(ctx) as (guest, gdb):
        gdb.run('break innermost')
        gdb.expect_after('continue', r'Breakpoint 1, innermost \(n=')
        gdb.expect_after('bt', '^#0 .*innermost', '^#1 .*middle', '^#2 .*main')
        gdb.expect_after('next', 'return n')
        gdb.expect_after('set var n = 1000', '')
        gdb.expect_after('finish', r'Value returned is \$\d+ = 2000')
        gdb.expect_after('stepi', '')
        gdb.run('delete')
        gdb.run('hbreak middle')
        gdb.expect_after('continue', r'Breakpoint 2, middle')
        gdb.expect_after('step', 'innermost|twice')
        gdb.run('delete')
        end(guest, gdb)


@test('guest/gdb/watchpoint', weight=2)
def watchpoint(ctx):
    with debuggee(ctx) as (guest, gdb):
        gdb.expect_after('watch watched', 'Hardware watchpoint 1: watched')
        gdb.expect_after('continue', 'Hardware watchpoint 1: watched', r'New value = \d+', 'middle')
        gdb.expect_after('continue', 'Hardware watchpoint 1: watched')
        gdb.run('delete')
        gdb.expect_after('rwatch corner.y', 'Hardware read watchpoint 2')
        gdb.expect_after('continue', 'Hardware read watchpoint 2: corner.y', 'Value = 4', 'middle')
        gdb.run('delete')
        gdb.expect_after('awatch rounds', 'watchpoint 3: rounds')
        gdb.expect_after('continue', 'watchpoint 3: rounds', r'[Vv]alue = \d+', 'innermost|middle')
        gdb.run('delete')
        end(guest, gdb)


@test('guest/gdb/interrupt', weight=2)
def interrupt(ctx):
    """Ctrl-C stops it, wherever it is; memory is written; it goes on as before"""
    with debuggee(ctx) as (guest, gdb):
        gdb.begin('continue')
        gdb.expect('Continuing')
        require('SIGINT' in gdb.interrupt(), 'no SIGINT')
        gdb.run('set var corner.x = 77')
        gdb.expect_after('print corner', r'x = 77')
        gdb.begin('continue')
        gdb.expect('Continuing')
        gdb.interrupt()
        end(guest, gdb)


@test('guest/gdb/reattach', weight=2)
def reattach(ctx):
    """detach lets it go on without breakpoints; another gdb finds it as it is"""
    with debuggee(ctx) as (guest, gdb):
        gdb.run('break innermost')
        gdb.expect_after('continue', 'Breakpoint 1')
        gdb.expect_after('detach', 'detached')
        with Gdb(program(ctx, 'debuggee', '--with', 'debug')) as other:
            other.expect_after(f'target remote {ctx.tmp}/gdb', 'Remote debugging')
            other.expect_after('print rounds > 1', '= 1')
            end(guest, other)


@test('guest/gdb/two_cpus', weight=2)
def two_cpus(ctx):
    """threads on both CPUs stop, and a breakpoint that one of them meets stops both"""
    with debuggee(ctx, cpus=2) as (guest, gdb):
        gdb.run('break innermost')
        for _ in range(3):
            gdb.expect_after('continue', r'Breakpoint 1, innermost')
        shown = gdb.run('info threads')
        require(shown.count('(running)') == 2, shown)
        calls = gdb.run('thread apply all bt')
        require('spinner' in calls and '??' not in calls, calls)
        gdb.run('delete')
        gdb.begin('continue')
        gdb.expect('Continuing')
        gdb.interrupt()
        end(guest, gdb)


@test('guest/gdb/wait', weight=2)
def wait(ctx):
    """gdb=PORT,wait: nothing of the app has run yet; a breakpoint in main() is met"""
    with debuggee(ctx, append='gdb=ttyS1,wait', ready='main.. waits for gdb') as (guest, gdb):
        gdb.run('break main')
        gdb.expect_after('continue', 'Breakpoint 1, main')
        require('^ready' not in guest.text, 'it did not wait')
        gdb.run('break innermost')
        gdb.expect_after('continue', 'Breakpoint 2, innermost')
        gdb.run('delete')
        end(guest, gdb)


@test('guest/gdb/virtio_line', weight=2)
def virtio(ctx):
    """the same over a port of a virtio console, by the name that the host gave it"""
    with debuggee(ctx, append='gdb=org.example.gdb', line=virtio_line) as (guest, gdb):
        gdb.run('break innermost')
        gdb.expect_after('continue', 'Breakpoint 1, innermost')
        gdb.expect_after('thread apply all bt', 'waiter')
        gdb.run('delete')
        gdb.begin('continue')
        gdb.expect('Continuing')
        require('SIGINT' in gdb.interrupt(), 'no SIGINT')
        gdb.run('detach')
        gdb.expect_after(f'target remote {ctx.tmp}/gdb', 'Remote debugging')
        end(guest, gdb)


@test('guest/gdb/wrong_name')
def wrong_name(ctx):
    """one line, and the app runs"""
    image = program(ctx, 'null', '--with', 'debug')
    for name, words in (('ttyS9,wait', 'gdb=ttyS9: there is no such port'), (',', 'gdb=,: not PORT')):
        with Guest(Machine(image=image, append=f'gdb={name}')) as guest:
            guest.expect(words)
            guest.expect('^trying')
            require(guest.finish() == 1, 'the app did not run')


# --- the FPU, and steps of other threads ---

@test('guest/gdb/fpu/argument', weight=2)
def fpu_argument(ctx):
    """what a function is given in a vector register is seen and changed"""
    with debuggee(ctx) as (guest, gdb):
        gdb.run('break half')
        gdb.expect_after('continue', r'Breakpoint 1, half \(x=')
        gdb.expect_after('print $xmm0.v2_double[0] == x', '= 1$')
        gdb.run('set var $xmm0.v2_double[0] = 48.5')
        gdb.expect_after('finish', r'Value returned is \$\d+ = 24.25')
        gdb.expect_after('info registers mxcsr', '0x1f80')
        gdb.run('set var $mxcsr = 0xffffffff')  # would fault when it is loaded
        gdb.expect_after('print half(9)', '= 4.5')
        gdb.run('delete')
        end(guest, gdb)


def fpu_of_spinner(cpus):
    @test(f'guest/gdb/fpu/thread/{cpus}', weight=2)
    def run(ctx):
        """of a thread on another CPU, or preempted, all is known; of one asleep the modes are"""
        with debuggee(ctx, cpus=cpus) as (guest, gdb):
            gdb.run('break innermost')
            gdb.expect_after('continue', 'Breakpoint 1, innermost')
            spinner = gdb.thread_in('spinner')
            gdb.run(f'thread {spinner}')
            gdb.expect_after('print $xmm9.v4_int32', r'= \{1, 2, 3, 4\}')
            gdb.expect_after('print $ymm9.v8_int32', r'= \{1, 2, 3, 4, 5, 6, 7, 8\}')
            gdb.expect_after('info registers float', '^st0 +1 ', r'^st1 +3\.14159', '^fctrl +0x37f', '^ftag +0xfff')
            if cpus == 2:
                gdb.run('set var $xmm9.v4_int32[2] = 33')
                gdb.run('set var $st1 = 42')
            gdb.run(f"thread {gdb.thread_in('waiter')}")
            gdb.expect_after('print $mxcsr', r'= (8064|0x1f80|\[)')
            gdb.expect_after('print $xmm0', 'unavailable')
            gdb.run('delete')
            end(guest, gdb)
            guest.expect('^held 1 2 33 4, 42$' if cpus == 2 else '^held 1 2 3 4, 3$')


fpu_of_spinner(1)
fpu_of_spinner(2)


@test('guest/gdb/step_other', weight=2)
def step_other(ctx):
    """a thread that another CPU runs is stepped there, and this one after it; of one asleep gdb says that it cannot be"""
    with debuggee(ctx, cpus=2) as (guest, gdb):
        gdb.run('break half')
        gdb.expect_after('continue', 'Breakpoint 1, half')
        stopped, spinner, waiter = (gdb.thread_in(name) for name in ('half', 'spinner', 'waiter'))
        for _ in range(3):
            gdb.run(f'thread {spinner}')
            gdb.run('set var $before = $pc')
            gdb.expect_after('stepi', 'turns|done')
            gdb.expect_after('print $pc != $before', '= 1$')
            gdb.run('stepi 5')
            gdb.expect_after('next', 'turns|done')
        gdb.run(f'thread {waiter}')
        gdb.expect_after('stepi', 'no CPU runs this thread, so it cannot be stepped')
        gdb.run(f'thread {stopped}')
        gdb.run('set var $before = $pc')
        gdb.run('stepi')
        gdb.expect_after('print $pc != $before', '= 1$')
        gdb.expect_after('finish', 'Run till exit|middle')
        gdb.expect_after('continue', 'Breakpoint 1, half')  # the one that stopped has been at it since
        gdb.run(f'thread {spinner}')
        gdb.run('stepi')
        gdb.expect_after('continue', 'Breakpoint 1, half')
        gdb.run('delete')
        end(guest, gdb)


# --- cores ---

def check_core(ctx, core, *reasons):
    """gdb shows every thread's calls and the memory of the kernel, of the image and of the app."""
    with Gdb(program(ctx, 'debuggee', '--with', 'debug'), core, settings=[f'source {HELPERS}']) as gdb:
        for reason in reasons:
            require(reason in gdb.text, f'no {reason}')
        require('warning' not in gdb.text, 'gdb complains')
        require('??' not in gdb.run('thread apply all bt'), 'calls that lead nowhere')
        gdb.run(f"thread {gdb.thread_in('main')}")
        gdb.run('frame function main')
        gdb.expect_after('print corner', r'= \{x = 3, y = 4\}')
        gdb.expect_after('print heap', '"on the heap"')
        gdb.expect_after('thimble names', '')
        gdb.expect_after('info threads', '"main"')
        gdb.expect_after('thimble ps', '^ +id cpu', r'boot +.*thread_join < kmain', 'main')
        gdb.expect_after('thimble log', 'virtio')
        gdb.run(f"thread {gdb.thread_in('spinner')}")
        gdb.expect_after('print $xmm9.v4_int32', r'= \{1, 2, 3, 4\}')
        gdb.expect_after('print $ymm9.v8_int32', r'= \{1, 2, 3, 4, 5, 6, 7, 8\}')
        gdb.expect_after('info registers float', '^st0 +1 ', r'^st1 +3\.14159')
        gdb.run(f"thread {gdb.thread_in('main')}")
        gdb.expect_after('thimble local own', '^own = 1$')



@test('guest/gdb/core/serial', weight=2)
def core_serial(ctx):
    """a panic's, through a serial line"""
    core = ctx.tmp / 'core'
    image = program(ctx, 'debuggee', '--with', 'debug')
    with Guest(Machine(image=image, append='dump=ttyS1', arguments=['fail'], extra=['-serial', f'file:{core}'])) as guest:
        guest.expect('NULL pointer dereference')
        guest.expect(r'^dump=ttyS1: a core of \d+ KiB')
        require(guest.finish() == status.PANIC, 'no panic')
    require(core.stat().st_size < 4 << 20, 'what is zero is in the core')
    check_core(ctx, core, 'Program terminated with signal SIGSEGV', 'main (argc=')


@test('guest/gdb/core/virtio', weight=2)
def core_virtio(ctx):
    """a panic's, through a port of a virtio console"""
    core = ctx.tmp / 'core'
    port = ['-device', 'virtio-serial-pci', '-chardev', f'file,id=core,path={core}',
            '-device', 'virtserialport,chardev=core,name=org.example.core']
    with Guest(Machine(image=program(ctx, 'debuggee', '--with', 'debug'), append='dump=org.example.core', arguments=['fail'],
                       extra=port)) as guest:
        guest.expect(r'^dump=org.example.core: a core of \d+ KiB')
        require(guest.finish() == status.PANIC, 'no panic')
    check_core(ctx, core, 'Program terminated with signal SIGSEGV', 'main (argc=')


@test('guest/gdb/core/disk', weight=2)
def core_disk(ctx):
    """the monitor's dump, to a disk of its own: the system goes on, the next core takes the place of the first"""
    core = ctx.tmp / 'disk'
    core.write_bytes(bytes(16 << 20))
    with debuggee(ctx, append='gdb=ttyS1 dump=/dev/vda', disks=[Disk(str(core))]) as (guest, gdb):
        for _ in range(2):
            gdb.expect_after('monitor dump', r'^dump=/dev/vda: a core of \d+ KiB')
            gdb.run('break innermost')
            gdb.expect_after('continue', 'Breakpoint')
            gdb.run('delete')
        end(guest, gdb)
    check_core(ctx, core)


@test('guest/gdb/core/refused', weight=2)
def core_refused(ctx):
    """what a disk holds already is not written over; a disk that is too small is told of"""
    image = program(ctx, 'debuggee', '--with', 'debug')
    disk = ctx.tmp / 'disk'
    for size, words in ((1 << 20, 'the disk holds something else'), (64 << 10, 'the disk is too small')):
        disk.write_bytes(bytes(size))
        if size > 64 << 10:
            run_tool(['mke2fs', '-q', '-F', disk])
        before = disk.read_bytes()
        with Guest(Machine(image=image, append='dump=vda', arguments=['fail'], disks=[Disk(str(disk))])) as guest:
            guest.expect(words)
            require(guest.finish() == status.PANIC, 'no panic')
        require(disk.read_bytes() == before, 'the disk was written to')


@test('guest/gdb/helpers')
def helpers(ctx):
    """each of the commands that tools/gdb/thimble.py brings is given in one of the tests of this file"""
    with Gdb(program(ctx, 'debuggee', '--with', 'debug'), settings=[f'source {HELPERS}']) as gdb:
        commands = re.findall(r'^thimble (\w+)', gdb.run('help thimble'), re.MULTILINE)
    given = set(re.findall(r'thimble (\w+)', pathlib.Path(__file__).read_text()))
    require(len(commands) > 5 and not set(commands) - given, f'no test gives {set(commands) - given} of {commands}')


# --- the tool ---

def thimble_debug(ctx, image, *options):
    return Terminal([ROOT / 'tools/thimble', 'debug', image, *options], env={**os.environ, 'TERM': 'dumb', 'COLUMNS': '300'})


@test('guest/gdb/tool', weight=2)
def tool(ctx):
    """tools/thimble debug: gdb stands before main(), knows Thimble's structures, and takes Ctrl-C for itself"""
    with thimble_debug(ctx, program(ctx, 'debuggee', '--with', 'debug'), '--gdb-command', 'set pagination off') as terminal:
        terminal.expect(r'^\(gdb\) $', BOOT_TIMEOUT_S)
        terminal.send('break innermost\ncontinue\n')
        terminal.expect('hit Breakpoint 1, innermost')
        terminal.send('thimble ps\n')
        terminal.expect(r'main +.*running|running +main')
        terminal.send('thimble virtqueue\n')
        terminal.expect(r'queue 0: \d+ entries, \d+ free, \d+ in flight; (split|packed): ')
        terminal.send('delete\ncontinue\n')
        terminal.expect('Continuing')
        terminal.send('\3')
        terminal.expect('SIGINT')
        terminal.send('quit\n')
        require(terminal.process.wait(BOOT_TIMEOUT_S) == 0, 'it did not end well')


@test('guest/gdb/tool/qemu_stub', weight=2)
def tool_qemu_stub(ctx):
    """without the debugger in the image QEMU's stub serves; the helpers show the threads that it does not know"""
    with thimble_debug(ctx, program(ctx, 'debuggee'), '--gdb-command', 'set pagination off') as terminal:
        terminal.expect('carries no debugger .*QEMU.s own stub')
        terminal.expect('main .argc=1', BOOT_TIMEOUT_S)
        terminal.send('break innermost\ncontinue\n')
        terminal.expect('Breakpoint 2, innermost')
        terminal.send('thimble ps\n')
        terminal.expect('boot +thread_join < kmain')
        terminal.send('thimble bt 1\n')
        terminal.expect('in kmain at .*kernel/main.c')
        terminal.send('info threads\n')
        terminal.expect('"main".*innermost')
        terminal.send('quit\n')
        terminal.process.wait(BOOT_TIMEOUT_S)
