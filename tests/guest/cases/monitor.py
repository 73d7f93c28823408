# SPDX-License-Identifier: BSD-2-Clause
"""The monitor, by its console: every command, every way in, and four planted faults found by what it prints alone."""
import os
import pathlib
import re
import time

from gdb_session import Terminal
from harness import BOOT_TIMEOUT_S, ROOT, Boot, Failed, Guest, Machine, program, require, run_tool, status, test
from thimblelib.disk import Disk

TESTS = []

PROMPT = '^db> '
BREAK = '\x01b'        # QEMU's escape on a multiplexed console: a line break
SEQUENCE = '\r~\x02'   # CR ~ Ctrl-B


class Conversation:
    """With a guest's monitor, of whatever shows its console and types at it."""

    def stopped(self, why):
        self.expect(f'^stopped: {why}')
        self.expect(PROMPT)
        if not hasattr(self, 'endless'):
            self.endless = True
            self.ask('lines 0')

    def order(self, command):
        """For what does not lead to the next prompt."""
        self.orders = [*getattr(self, 'orders', ()), command]
        self.send(command + '\r')

    def ask(self, command):
        """What it answers."""
        self.order(command)
        start = self.mark
        end = self.expect(PROMPT).start()
        answer = self.text[start:end]
        require(command in answer, f'{command} was not echoed')
        return answer.split('\n', 1)[1]

    def check(self, command, *patterns):
        answer = self.ask(command)
        for pattern in patterns:
            require(re.search(pattern, answer, re.MULTILINE), f'{command}: {pattern!r} is not in\n{answer}')
        return answer

    def end(self, command, wanted):
        self.order(command)
        require((code := self.finish()) == wanted, f'status {code}, wanted {wanted}')


class Monitor(Conversation, Guest):
    """A guest that talks to somebody in its monitor."""

    def __init__(self, ctx, mode, *, image='monitor', **machine):
        super().__init__(Machine(image=program(ctx, image, '--with', 'debug'), arguments=[mode], **machine))


class AtTerminal(Conversation, Terminal):
    """The same as a user has it: tools/thimble run on a pseudo terminal."""

    def __init__(self, ctx, mode, *options, image='monitor', built=('--with', 'debug')):
        super().__init__([ROOT / 'tools/thimble', 'run', program(ctx, image, *built), *options, '--', mode])

    def finish(self):
        while self.read(BOOT_TIMEOUT_S):
            pass
        return self.process.wait(BOOT_TIMEOUT_S)


# --- docs/debugging.md shows some of these sessions as they were ---

# Lines about who happened to run when the system stopped.
BY_CHANCE = re.compile(r'^(cpu \d|thread \d+ "boot"|rip |.{23}(boot|idle|net|work) |.{23}main +(on|ready|asleep in join)).*\n', re.M)


def shape(text):
    """What does not depend on addresses, numbers, columns and chance."""
    text = BY_CHANCE.sub('', text)
    return re.sub(r'[ \t]+', ' ', re.sub(r'\b(0x[0-9a-f]+|[0-9a-f]{16}|[0-9a-f]*\d[0-9a-f]*)\b', 'N', text)).strip()


def shown_in_docs(m, name, begin):
    """The session from begin on is what the page shows, but for numbers. With TRANSCRIPTS=FOLDER it is left there as well."""
    text = m.text[m.text.index(begin):].rstrip()
    if 'TRANSCRIPTS' in os.environ:
        pathlib.Path(os.environ['TRANSCRIPTS'], name).write_text(text + '\n')
    page = (ROOT / 'docs/debugging.md').read_text()
    shown = re.search(rf'<!-- transcript: {name} -->\n```\n(.*?)```', page, re.DOTALL)
    require(shown, f'docs/debugging.md has no transcript {name}')
    require(shape(shown[1]) == shape(text), f'docs/debugging.md shows another session {name} (TRANSCRIPTS=FOLDER writes this one)')


def address_of_watched(monitor):
    return re.search(r'watched is at (0x[0-9a-f]+)', monitor.text)[1]


# --- commands ---

def look_round(m):
    m.check('help', r'^  continue ', r'^  x +\[/FORMAT\]', r'\*\$rsp')
    m.check('help x', r'example: x/4gx \$rsp')
    m.check('help show virtqueue', r'show virtqueue vda\.0')
    m.check('ps', r'^\*.* on cpu \d <kdb_enter', r'boot +asleep in thread_join', r'idle')
    m.check('bt', r'^#0 .*kdb_enter', r'^#1 .* commands\+', r'thread_run')
    m.check('bt all', r'^thread 1 "boot"$', r'spinner\+')
    own = re.search(r'^\* *(\d+)', m.ask('ps'), re.MULTILINE)[1]
    m.check('thread 1', 'thread 1 "boot"')
    m.check('show registers', 'thread 1 "boot"', 'only what a call preserves', 'rbx [0-9a-f]{16}')
    m.check(f'thread {own}', 'main')
    m.check('show cpus', r'^cpu 0 apic 0 thread \d+ ".*\d+ interrupts, at 0x[0-9a-f]+ <')
    m.check('nonsense', 'there is no such thing')
    m.check('show nonsense', 'there is no such thing')
    m.check('p', 'which|a value is missing')
    m.check('bt 4711', 'no such thread')
    m.check('print run', r'^several functions are called run: .*, the first of which is meant$', r'<run>')


def look_at_parts(m):
    m.check('show', r'^  virtqueue ', r'^  timers ')
    m.check('show pci', r'1af4:10.. class .*virtio-pci')
    m.check('show virtio', r'^vtrnd0: type 4 .* works$', r'^vtnet0: type 1')
    m.check('show virtqueue vtnet0.0', r'(split|packed) ring', r'buffers in flight', r'^    buffer \d+: \d+ entr',
            r'event index|interrupts wanted')
    m.check('show virtqueue nothing', 'no such queue')
    m.check('show irq', r'^vector 0x[0-9a-f]+ (wire|message)', r'^cpu 0: \d+ interrupts')
    m.check('show timers', r'^cpu 0:', r'^  (in|overdue by) \d+\.\d+ ms <timed_out>')
    m.check('show memory', r'^\d+ pages .* free$', r'^0x[0-9a-f]+-0x[0-9a-f]+ +\d+ KiB rw- heap$')
    m.check('show mounts', r' on /dev, type devfs', r' on /, type ramfs')
    m.check('show cache', '^0 pages of 4 KiB, of 0 at most; 0 of them are unused')
    m.check('show log', r'^\[ +\d+\.\d+\] vtrnd0: virtio-rng')
    m.check('show sysctl kern.os', '^kern.ostype: Thimble$')
    m.check('show disks', r'^vda 2048 sectors, 1 reads \(1 sectors\), 0 writes')
    m.check('show net', r'^eth0 .* link up', r'10\.0\.2\.15')
    m.check('show sockets', r'^tcp 0\.0\.0\.0:7777 .* LISTEN, 0 wait to be accepted, of 3')


def handle_memory(m):
    watched = address_of_watched(m)
    m.check('x/2gx $rsp', r'^0x[0-9a-f]{16}: [0-9a-f]{16} [0-9a-f]{16}$')
    m.check('x/s $rdi', '"from the program"')
    m.check('x/2ga $rsp', r'<commands\+0x')
    m.check('x', r'^0x')
    m.check('x/wx 8', 'not mapped')
    m.check(f'write/w {watched} 0x11223344', '11223344')
    m.check(f'x/4c {watched}', r"'D' '3' '\"'")
    m.check(f'x/dw {watched}', '287454020')
    m.check(f'search/w {watched}-64 128 0x11223344', f'{int(watched, 16):#018x}', '^1 found')
    m.check('write 8 1', 'nothing is mapped')
    m.check('print 2+3', '0x5 = 5')
    m.check('print *8', 'nothing is mapped')
    m.check('print main+', 'is missing')
    m.check('examine/s $rdi', '"from the program"')


def record(m):
    m.check('trace', '^recorded: nothing; 0 records lost')
    m.check('trace on sched,irq', '^recorded: irq sched;')
    m.check('trace show', 'Nothing was recorded')
    m.check('trace on nonsense', 'nonsense: groups are')
    m.check('trace off', '^recorded: nothing')
    m.check('dump', 'nowhere to write to')


def stop_and_step(m):
    watched = address_of_watched(m)
    m.check('break add_one', 'hardware breakpoint')
    m.check(f'watch {watched} 4', 'watchpoint for writes')
    m.check(f'watch {watched}+1 4', 'at a multiple')
    m.check('show points', '^ 0 hardware', '^ 1 watchpoint')
    m.order('continue')
    m.stopped('hardware breakpoint')
    m.check('bt', r'^#0 .*add_one\+0x0', r'^#1 .*commands\+')
    m.order('step')
    m.stopped('step')
    m.send('\r')
    m.stopped('step')
    m.order('step 20')
    m.stopped('step')
    m.order('c')
    m.expect('^one and one is 2$')
    m.stopped('watchpoint on')
    m.check('bt', r'^#0 .*change\+')
    m.check(f'x/wx {watched}', ' 00000005$')
    m.check('delete 7', 'no point 7')
    m.check('delete 0')
    m.check('delete all')
    m.check('show points', 'none')


# Commands that end the conversation, and the tests that give them.
ENDINGS = {'panic': 'guest/monitor/panic/command', 'poweroff': 'guest/monitor/line', 'reboot': 'guest/monitor/reboot'}


def names_listed(answer):
    return set(re.findall(r'^  (\S+) ', answer, re.MULTILINE))


def all_were_given(m):
    """Whatever `help` and `show` list this session has used, or a test in ENDINGS does."""
    words = [re.split('[ /]', order) for order in m.orders]
    commands, shows = names_listed(m.ask('help')), names_listed(m.ask('show'))
    require(len(commands) > 15 and len(shows) > 15, 'the lists are not read as they are written')
    given = {word[0] for word in words} | {name for name, where in ENDINGS.items() if any(row.name == where for row in TESTS)}
    shown = {word[1] for word in words if word[0] == 'show' and len(word) > 1}
    require(not commands - given, f'no test gives the commands {commands - given}')
    require(not shows - shown, f'no test asks to show {shows - shown}')


def each_command(m):
    m.stopped('from the program')
    look_round(m)
    look_at_parts(m)
    handle_memory(m)
    record(m)
    stop_and_step(m)
    all_were_given(m)
    m.order('continue')
    m.expect('^watched is 5$')
    m.expect('^the other thread runs$')
    require(m.finish() == 0, 'status')


def disk_of(ctx):
    path = ctx.tmp / 'disk'
    path.write_bytes(bytes(1 << 20))
    return path


def every_command(cpus, machine):
    @test(f'guest/monitor/commands/{machine}/{cpus}', weight=cpus)
    def run(ctx):
        """each command, and what it answers"""
        with Monitor(ctx, 'commands', cpus=cpus, machine=machine, disks=[Disk(str(disk_of(ctx)))]) as m:
            each_command(m)


for row in ((1, 'q35'), (2, 'q35'), (1, 'pc'), (2, 'microvm')):
    every_command(*row)


@test('guest/monitor/commands/terminal', weight=2)
def at_a_terminal(ctx):
    """the same through a pseudo terminal, by the tool that a user has"""
    with AtTerminal(ctx, 'commands', '--smp', '2', '--disk', disk_of(ctx)) as m:
        each_command(m)


@test('guest/monitor/cache', weight=2)
def cache(ctx):
    """a file system on a disk is among the mounts, and what was read of it in the cache"""
    disk = disk_of(ctx)
    run_tool(['mke2fs', '-q', '-F', '-t', 'ext4', disk])
    with AtTerminal(ctx, 'commands', '--disk', f'{disk}:/mnt', built=('--with', 'ext4', '--with', 'debug')) as m:
        m.stopped('from the program')
        m.check('show mounts', r'^vda on /mnt, type ext4, read-only, \d+ inodes in use$')
        m.check('show cache', r'^[1-9]\d* pages of 4 KiB, of [1-9]\d* at most; \d+ of them are unused')
        m.end('poweroff', 0)


@test('guest/monitor/line')
def line(ctx):
    """editing, history, completion, answers that wait for a key, and keys that come too early, at a pseudo terminal"""
    with AtTerminal(ctx, 'commands') as m:
        m.stopped('from the program')
        pages(m)
        m.ask('lines 0')
        edit(m)
        complete(m)
        m.end('poweroff 3', 3)


def pages(m):
    m.ask('lines 5')
    m.order('help')
    for key, lines in (('', 5), (' ', 5), ('\r', 1)):
        m.send(key)
        start = m.mark
        at = m.expect('--more--.*enough. ').start()
        shown = m.text[start:at].removeprefix('help\n').removeprefix('\x1b[K')
        require(shown.count('\n') == lines, f'not {lines} lines on a page:\n{shown}')
    m.send('q')
    m.expect('db> $')
    require('no further' not in m.ask('print 1'), 'the rest came')
    m.order('help')
    m.expect('--more--')
    m.send('\x03')
    m.expect('db> ')
    m.send('lines 0\rhelp\rprint 40+2\rprint 40+3\rprint 40+4\r')  # while answers are printed
    m.expect('= 42$')
    m.expect('= 43$')
    m.expect('= 44$')
    m.expect(PROMPT)


def typed(m, keys, *shows, then=''):
    m.send(keys)
    for pattern in shows:
        m.expect(pattern)
    m.send(then)
    m.expect(PROMPT)


def edit(m):
    typed(m, 'pront 1' + 4 * '\x1b[D' + '\x7fi\x05+1\r', '0x2 = 2')    # back to the mistake, and to the end again
    typed(m, '\x1b[A\x7f7\r', '0x8 = 8')                             # the line before, changed
    typed(m, 'print 9\x15\x10\x10\r', '0x2 = 2')                      # two before; what was begun is gone
    typed(m, '\x1b[A\x1b[A\x1b[A\x1b[B\r', '0x8 = 8')                # one too far, and on again
    typed(m, 'int 5 6\x1b[Hpr\x05\x17\r', '0x5 = 5')                   # from the beginning; a word less
    typed(m, 'print 4\x0399\x01\x01\x0bprint 6\r', '0x6 = 6')         # given up; cut (QEMU wants two for a Ctrl-A)
    typed(m, 'print 123\x1b[D\x1b[D\x1b[3~\r', '0xd = 13')
    require('0x4 = 4' not in m.text, 'what was given up ran')


def complete(m):
    typed(m, 'show regi\t\r', 'rax [0-9a-f]{16}')                     # one way
    typed(m, 'sh regi\t\r', 'rax [0-9a-f]{16}')                       # also behind a name that was cut short
    typed(m, ' sho\tpc\t\r', r'^[0-9a-f:.]+ 1af4:')
    typed(m, 'sh v\t\t', '^  virtio$', '^  virtqueue$', then='\x03')            # several, which are listed
    typed(m, 'sh virtq\tvtrnd0.0\r', 'buffers in flight')
    typed(m, '? exa\t\r', 'the same as x')
    typed(m, 'help show tim\t\r', 'when they fire')
    typed(m, 'p takes_a\t\r', '<takes_a_then_b>')                     # a function
    typed(m, 'p (add_on\t\x7f)+1\r', r'<add_one\+0x1>')               # inside a sum
    typed(m, 'p\t\t', '^  print$', '^  ps$', then='\x03')
    typed(m, 'zz\t', '\a', then='\x03')


@test('guest/monitor/breakpoints')
def breakpoints(ctx):
    """the fifth and further ones lie in memory, and are stepped off"""
    with Monitor(ctx, 'commands', cpus=2) as m:
        m.stopped('from the program')
        for offset in range(4):
            m.check(f'break echo+{offset}', 'hardware breakpoint')
        m.check('break add_one', 'breakpoint in memory')
        before = m.ask('x/8bx add_one')
        m.send('continue\r')
        m.stopped('breakpoint')
        m.check('bt', r'^#0 .*add_one\+0x0')
        require(m.ask('x/8bx add_one') == before, 'the breakpoint shows in memory')
        m.send('continue\r')
        m.expect('^the other thread runs$')
        require(m.finish() == 0, 'status')


def watch_reads(cpus):
    @test(f'guest/monitor/watch_reads/{cpus}', weight=cpus)
    def run(ctx):
        """a watchpoint for accesses is hit by the write, and by the read behind it"""
        with Monitor(ctx, 'commands', cpus=cpus) as m:
            m.stopped('from the program')
            m.check(f'watch {address_of_watched(m)} 4 rw', 'watchpoint for accesses')
            for function in ('change', 'commands'):
                m.order('continue')
                m.stopped(f'watchpoint on {address_of_watched(m)}')
                m.check('bt', rf'^#0 .*{function}\+')
            m.order('continue')
            m.expect('^watched is 5$')
            require(m.finish() == 0, 'status')


watch_reads(1)
watch_reads(2)


def step_and_fill(cpus):
    @test(f'guest/monitor/step_and_fill/{cpus}', weight=cpus)
    def run(ctx):
        """a step over an instruction for which a page has to be filled first ends behind that instruction"""
        with Monitor(ctx, 'commands', cpus=cpus) as m:
            m.stopped('from the program')
            m.ask('break fill_page')
            m.order('continue')
            m.stopped('hardware breakpoint')
            m.check('x/bx $rdi', 'not mapped')
            for _ in range(6):
                m.order('step')
                m.stopped('step')
                m.check('bt', r'^#0 .*fill_page\+')
                if ' 07' in m.ask('x/bx $rdi'):
                    break
            m.check('x/bx $rdi', ' 07$')
            m.order('continue')
            m.expect('^the page holds 7$')
            m.expect('^the other thread runs$')
            require(m.finish() == 0, 'status')


step_and_fill(1)
step_and_fill(2)


# --- ways in ---

def way_in(name, mode, enter, why, machine='q35', cpus=1, **options):
    @test(f'guest/monitor/enter/{name}/{machine}/{cpus}', weight=cpus)
    def run(ctx):
        """into the monitor, and on again"""
        with Monitor(ctx, mode, machine=machine, cpus=cpus, **options) as m:
            m.expect('^ready$')
            enter(m)
            m.stopped(why)
            m.check('ps', 'main')
            if mode == 'spin':
                m.end('poweroff 4', 4)
                return
            m.send('continue\r')
            m.send('hello\r')
            m.expect('^heard .*hello$')
            m.send('end\r')
            require(m.finish() == 0, 'status')


def nmi(m):
    m.qmp('inject-nmi')


for row in (('q35', 1), ('q35', 2), ('pc', 1), ('microvm', 2)):
    way_in('break', 'echo', lambda m: m.send(BREAK), 'break', *row, terminal=True)
    way_in('sequence', 'echo', lambda m: m.send(SEQUENCE), 'break', *row)
way_in('nmi', 'spin', nmi, 'NMI', 'q35', 1)
way_in('nmi', 'echo', nmi, 'NMI', 'q35', 2)


@test('guest/monitor/status')
def status_line(ctx):
    """Ctrl-T says what goes on and stops nothing"""
    with Monitor(ctx, 'echo') as m:
        m.expect('^ready$')
        line = ''
        while not re.search('main: asleep in .*tty_read', line):  # soon it waits for its first line
            m.send('\x14')
            line = m.expect(r'load \d+\.\d\d, up \d+\.\d\d s, \d+ of \d+ MiB free.*\n').group()
        m.send('end\r')
        require(m.finish() == 0, 'status')


# --- panic= ---

def ending(word, wanted, *shows, machine='q35'):
    return Boot(f'guest/monitor/panic/{word}/{machine}', 'null', ['read'], wanted, append=f'panic={word}', machine=machine,
                shows=('kernel panic: NULL pointer dereference', *shows))


TESTS += [ending('exit', status.PANIC), ending('reboot', status.BOOT_FAILED), ending('nonsense', status.PANIC),
          ending('monitor', status.PANIC), ending('reboot', status.BOOT_FAILED, machine='microvm')]


@test('guest/monitor/panic/halt')
def halt(ctx):
    """the report, then nothing: the machine stands still, and its host knows why"""
    with Guest(Machine(image=program(ctx, 'null'), arguments=['read'], append='panic=halt', cpus=2)) as guest:
        guest.expect('^kernel panic: NULL pointer dereference')
        guest.event('GUEST_CRASHLOADED')
        deadline = time.monotonic() + BOOT_TIMEOUT_S
        while (shown := guest.qmp('human-monitor-command', **{'command-line': 'info registers -a'})).count('HLT=1') < 2:
            require(time.monotonic() < deadline, f'not all CPUs are halted:\n{shown}')
            time.sleep(0.1)
        require(guest.qmp('query-status')['status'] == 'running' and not guest.ended, 'the machine has ended')


@test('guest/monitor/panic/command')
def panic_command(ctx):
    """the report, from inside the monitor, and what panic= says"""
    with Monitor(ctx, 'commands', cpus=2) as m:
        m.stopped('from the program')
        m.send('panic\r')
        m.expect('^kernel panic: asked for in the debugger$')
        m.expect(r'^#0 .*kdb_enter')
        require(m.finish() == status.PANIC, 'status')


@test('guest/monitor/reboot')
def reboot(ctx):
    """QEMU was told not to"""
    with Monitor(ctx, 'commands') as m:
        m.stopped('from the program')
        m.end('reboot', status.BOOT_FAILED)


# --- faults to be found, with nothing but what is printed. docs/debugging.md shows these sessions ---

@test('guest/monitor/find/null')
def find_null(ctx):
    """NULL dereference: the panic names it, the monitor shows what the pointer was"""
    with Monitor(ctx, 'read', image='null', append='panic=monitor') as m:
        m.expect('^kernel panic: NULL pointer dereference')
        m.stopped('NULL pointer dereference')
        m.check('bt', r'^#0 .*main\+')
        m.check('print *$rip', '0x')
        m.check('step', 'nothing can go on')
        shown_in_docs(m, 'null', 'kernel panic')
        m.end('continue', status.PANIC)


@test('guest/monitor/find/stack_overflow')
def find_overflow(ctx):
    """stack overflow: the thread by its name, the function by its repetition"""
    with Monitor(ctx, 'thread', image='stack_overflow', append='panic=monitor') as m:
        m.stopped('stack overflow in thread deep')
        m.check('bt', r'^#0 .*recurse\+', r'the same \d+ times more', r'thread\+0x')
        shown_in_docs(m, 'stack_overflow', 'stopped:')
        m.end('panic', status.PANIC)


def find_deadlock(cpus):
    @test(f'guest/monitor/find/deadlock/{cpus}', weight=cpus)
    def run(ctx):
        """deadlock: who waits, and for what each came there"""
        with Monitor(ctx, 'deadlock', cpus=cpus) as m:
            m.expect('^ready$')
            m.send(SEQUENCE)
            m.stopped('break')
            answer = m.check('ps', 'takes_a_then_b', 'takes_b_then_a')
            waiting = re.findall(r'^. *(\d+) .*asleep in word_lock_contended < takes_', answer, re.MULTILINE)
            require(len(waiting) == 2, f'not two threads wait for a mutex:\n{answer}')
            m.check(f'bt {waiting[0]}', r'^#\d+ .*word_lock_contended\+', r'^#\d+ .*takes_a_then_b\+')
            m.check(f'bt {waiting[1]}', r'^#\d+ .*word_lock_contended\+', r'^#\d+ .*takes_b_then_a\+')
            if cpus == 1:
                shown_in_docs(m, 'deadlock', 'stopped:')
            m.end('poweroff 1', 1)


find_deadlock(1)
find_deadlock(2)

# A disk whose reads QEMU holds back when told so.
HOLDING = ['-blockdev', 'null-co,node-name=zeroes,size=1048576,read-zeroes=on', '-blockdev', 'blkdebug,node-name=holding,image=zeroes',
           '-blockdev', 'raw,node-name=disk,file=holding', '-device']


def qemu_io(m, command):
    m.qmp('human-monitor-command', **{'command-line': f'qemu-io disk "{command}"'})


def stop_with_main_asleep(m):
    """It may still be on its way there: then step by step, as keys that wait would stop it at once again."""
    m.send(SEQUENCE)
    m.stopped('break')
    for _ in range(50):
        if re.search(r'main +asleep', m.ask('ps')):
            return
        m.send('step 100\r')
        m.stopped('step')
    raise Failed('main() does not fall asleep')


def find_stuck(name, option, *shows):
    @test(f'guest/monitor/find/stuck/{name}')
    def run(ctx):
        """a disk that does not answer: the queue has one request, and it is the device's turn"""
        with Monitor(ctx, 'stuck', extra=[*HOLDING, f'virtio-blk-pci,drive=disk{option}']) as m:
            m.expect('^ready$')
            qemu_io(m, 'break read_aio A')
            m.send('go\r')
            m.expect('Suspended request')  # QEMU says so
            stop_with_main_asleep(m)
            m.check('ps', r'main +asleep in .*block_read')
            m.check('show virtio', r'^vda: type 2 .* works$', r'queue 0: .* 1 buffers in flight')
            m.check('show virtqueue vda.0', *shows)
            if name == 'split':
                shown_in_docs(m, 'stuck', 'db> show virtqueue')
            qemu_io(m, 'resume A')
            m.end('poweroff 1', 1)


find_stuck('split', '', 'the device has 1 buffers; 0 are back that nobody took', 'device-writable')
find_stuck('packed', ',packed=on', 'the device has it')
