# SPDX-License-Identifier: BSD-2-Clause
"""A real gdb on the image's own stub, and on its cores."""
import contextlib

from gdb_session import Gdb, serial_line
from harness import Guest, Machine, program, require, test

TESTS = []


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
        gdb.expect_after('thread apply 4 -q p own', r'= 7$')
        gdb.expect_after('thread apply 3 -q p own', r'= 1$')
        gdb.expect_after('print corner', r'= \{x = 3, y = 4\}')
        gdb.run('thread 3')
        gdb.run('frame function main')
        gdb.expect_after('print heap', '"on the heap"')
        end(guest, gdb)


@test('guest/gdb/breakpoint', weight=2)
def breakpoint(ctx):
    """stop in the app, see the callers, step, finish, change what a function is given"""
    with debuggee(ctx) as (guest, gdb):
        gdb.run('break innermost')
        gdb.expect_after('continue', r'Breakpoint 1, innermost \(n=\d+\)')
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
        gdb.expect_after('rwatch corner.y', 'Hardware read watchpoint 2')
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
        require(shown.count('running') == 2, shown)
        gdb.expect_after('thread apply all bt', 'spinner|idle')
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


@test('guest/gdb/wrong_name')
def wrong_name(ctx):
    """one line, and the app runs"""
    image = program(ctx, 'null', '--with', 'debug')
    for name, words in (('ttyS9,wait', 'gdb=ttyS9: there is no such port'), (',', 'gdb=,: not PORT')):
        with Guest(Machine(image=image, append=f'gdb={name}')) as guest:
            guest.expect(words)
            guest.expect('^trying')
            require(guest.finish() == 1, 'the app did not run')
