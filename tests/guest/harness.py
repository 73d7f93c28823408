# SPDX-License-Identifier: BSD-2-Clause
"""Guest tests: builds a program, boots it, reads its console, judges its end."""
import codecs
import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))

from thimblelib import qemu, runner, status  # noqa: E402  (the path comes first)
from thimblelib.disk import Disk  # noqa: E402

PROGRAMS = pathlib.Path(__file__).parent / 'programs'
CFLAGS = ['-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE', f'-I{ROOT}']
BOOT_TIMEOUT_S = 60  # a boot takes a second; a busy machine may take many


class Failed(Exception):
    """The behaviour is not as it should be; the text says how."""


def require(condition, text):
    if not condition:
        raise Failed(text)


# --- building ---

@contextlib.contextmanager
def locked(path):
    """Held by one test at a time, whichever process it runs in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, 'w') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def debug_build(ctx):
    """The same test with what `make debug-lib` has built."""
    return dataclasses.replace(ctx, sdk=ctx.sdk / 'debug')


def run_tool(argv, **options):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
    require(done.returncode == 0, f'{shlex.join(map(str, argv))}: status {done.returncode}\n{done.stdout.decode()}')
    return done.stdout.decode()


def thimble_build(ctx, sources, output, *options):
    run_tool([ctx.root / 'tools/thimble', 'build', *sources, '-o', output, f'--cflags={shlex.join(CFLAGS)}', *options],
             cwd=ctx.root, env={**os.environ, 'THIMBLE_SDK': str(ctx.sdk)})
    return output


def newest(paths):
    return max(p.stat().st_mtime_ns for p in paths)


def program(ctx, name, *options):
    """The image of tests/guest/programs/NAME.c, or of a folder NAME, built when anything it is made of has changed."""
    folder = PROGRAMS / name
    output = ctx.sdk / 'tests/guest' / ('-'.join([name, *(o.strip('-') for o in options)]) + '.elf')
    made_of = [*PROGRAMS.rglob('*'), *(ctx.sdk / 'lib').glob('*'), *(ctx.root / 'tools').rglob('*.py')]
    with locked(output.with_suffix('.lock')):
        if not output.exists() or output.stat().st_mtime_ns < newest(made_of):
            thimble_build(ctx, [folder if folder.is_dir() else folder.with_suffix('.c')], output, *options)
    return output


def app(ctx, name):
    """An image that `make` has built."""
    return ctx.sdk / f'{name}.elf'


# --- ways to boot ---

@dataclasses.dataclass
class Machine(qemu.Machine):
    """tools/thimble's machine, and the ways to boot that need more than -kernel."""
    extra: list[str] = dataclasses.field(default_factory=list)  # QEMU options
    instead: list[str] | None = None                            # QEMU options in place of -kernel and -append

    def command(self):
        argv = super().command()
        if self.instead is not None:
            argv = argv[:argv.index('-kernel')] + self.instead
        return argv + self.extra

    def network_arguments(self):
        return [] if '-netdev' in self.extra else super().network_arguments()


def without_multiboot(ctx, image):
    """A copy that QEMU boots by PVH: it prefers multiboot where it finds the header's magic."""
    data = pathlib.Path(image).read_bytes()
    magic = (0x1BADB002).to_bytes(4, 'little')
    at = data.find(magic, 0, 8192)
    require(at >= 0, 'no multiboot header in the first 8 KiB')
    copy = ctx.tmp / 'pvh.elf'
    copy.write_bytes(data[:at] + bytes(4) + data[at + 4:])
    return copy


def medium(ctx, image, kind, command_line):
    """A GRUB CD ('iso') or an EFI system partition ('img') with the image on it."""
    folder = ctx.tmp / 'media'
    folder.mkdir(exist_ok=True)
    local = folder / pathlib.Path(image).name
    shutil.copy(image, local)
    with locked(ctx.sdk / 'tests/guest/media.lock'):
        output = ctx.sdk / 'tests/guest/media' / local.with_suffix(f'.{kind}').name
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(image, output.with_suffix('.elf'))
        run_tool(['make', '-s', '--no-print-directory', f'O={ctx.sdk}', f'CMDLINE={command_line}', output], cwd=ctx.root)
        return pathlib.Path(shutil.move(output, folder / output.name))


def ovmf():
    for path in ('/usr/share/ovmf/OVMF.fd', '/usr/share/OVMF/OVMF.fd', '/usr/share/qemu/OVMF.fd'):
        if pathlib.Path(path).exists():
            return ['-bios', path]
    raise Failed('OVMF is not installed (package ovmf; `make setup` installs it)')


# --- running ---

class Guest:
    """A running machine. As a context manager: QEMU does not outlive it."""

    def __init__(self, machine):
        machine.image = str(machine.image)
        if machine.instead is None:
            machine.network = runner.check(machine).has_network
        self.text = ''
        self.mark = 0  # what lies before it has been expected already
        self.news = threading.Condition()
        self.ended = False
        self.events = []  # QEMU's, that nobody has asked for yet
        self.run = runner.Run(machine, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self.read, daemon=True).start()

    def __enter__(self):
        self.run.__enter__()
        return self

    def __exit__(self, kind, error, trace):
        self.run.__exit__(kind, error, trace)
        if kind is not None:
            print(f'--- console ---\n{self.text}--- end of console ---')

    def read(self):
        decoder = codecs.getincrementaldecoder('utf-8')('replace')  # a piece may end inside a character
        while piece := self.run.process.stdout.read1(65536):
            with self.news:
                self.text += decoder.decode(piece).replace('\r', '')
                self.news.notify_all()
        with self.news:
            self.ended = True
            self.news.notify_all()

    def expect(self, pattern, timeout_s=BOOT_TIMEOUT_S):
        """Waits for text behind what was expected before; returns the match."""
        deadline = time.monotonic() + timeout_s
        with self.news:
            while not (match := self.look_for(pattern)):
                left = deadline - time.monotonic()
                require(left > 0 and not self.ended, f'{pattern!r} did not appear on the console')
                self.news.wait(left)
            self.mark = match.end()
            return match

    def look_for(self, pattern):
        """A final $ is the end of a line, not of what has come of it so far: half a number is another number."""
        whole = self.ended or not pattern.endswith('$')
        end = len(self.text) if whole else self.text.rfind('\n') + 1
        return re.compile(pattern, re.MULTILINE).search(self.text, self.mark, end)

    def send(self, text):
        self.run.process.stdin.write(text.encode())
        self.run.process.stdin.flush()

    def qmp(self, command, **arguments):
        """Has QEMU carry out a command: what it returns."""
        self.run.qmp.settimeout(BOOT_TIMEOUT_S)
        self.run.qmp.sendall(json.dumps({'execute': command, 'arguments': arguments, 'id': command}).encode() + b'\n')
        while True:
            reply = json.loads(self.qmp_line())
            if reply.get('id') == command:
                require('return' in reply, f'{command}: {reply}')
                return reply['return']
            self.events.append(reply)

    def event(self, name, **data):
        """Waits for an event that says this, which may have come already."""
        self.run.qmp.settimeout(BOOT_TIMEOUT_S)
        while True:
            for event in self.events:
                if event.get('event') == name and data.items() <= event['data'].items():
                    self.events.remove(event)
                    return
            self.events.append(json.loads(self.qmp_line()))

    def qmp_line(self):
        line = b''
        while not line.endswith(b'\n'):
            byte = self.run.qmp.recv(1)
            require(byte, 'QEMU has gone')
            line += byte
        return line

    def finish(self, timeout_s=BOOT_TIMEOUT_S):
        """Waits for the machine's end: its status."""
        code, explanation = self.run.wait(timeout_s)
        with self.news:
            self.news.wait_for(lambda: self.ended, 5)
        if explanation:
            print(explanation)
        return code


def free_port(kind=socket.SOCK_STREAM):
    """Free when asked; QEMU takes no bound socket for its forwards, so a test that loses the race tries again."""
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def serving(machine, guest_ports, ready, attempts=5):
    """A machine with forwarded ports, once it says it is ready: (guest, host ports). guest_ports: 80 or '7/udp'."""
    for attempt in range(attempts):
        ports = [free_port(socket.SOCK_DGRAM if str(p).endswith('udp') else socket.SOCK_STREAM) for p in guest_ports]
        machine.forwards = [qemu.Forward.parse(f'{host}:{port}') for host, port in zip(ports, guest_ports)]
        try:
            guest = Guest(machine)
        except status.Refusal as refusal:
            if 'port' not in str(refusal):
                raise Failed(refusal) from None
            continue
        with guest:
            try:
                guest.expect(ready)
            except Failed:
                if 'Could not set up host forwarding' in guest.text and attempt + 1 < attempts:
                    continue
                raise
            yield guest, ports
            return
    raise Failed('no free port found')


# --- the table's rows ---

@dataclasses.dataclass
class Boot:
    """A program, how it is booted, and what has to become of it."""
    name: str
    program: str
    args: list[str] = dataclasses.field(default_factory=list)
    status: int = 0
    shows: tuple[str, ...] = ()        # patterns the console shows, in this order
    hides: tuple[str, ...] = ()        # patterns it does not
    machine: str = 'q35'
    memory_mib: int = 128
    cpus: int = 1
    append: str = ''
    disks: list[Disk] = dataclasses.field(default_factory=list)
    options: tuple[str, ...] = ()      # of tools/thimble build
    debug: bool = False                # in the debug build
    weight: int = 1
    timeout_s: float = 90
    full_only: bool = False

    def make_machine(self, ctx):
        image = program(debug_build(ctx) if self.debug else ctx, self.program, *self.options)
        return Machine(image=image, machine=self.machine, memory_mib=self.memory_mib,
                       cpus=self.cpus, append=self.append, arguments=self.args, disks=self.disks)

    def run(self, ctx):
        with Guest(self.make_machine(ctx)) as guest:
            code = guest.finish(self.timeout_s - 10)
            for pattern in self.shows:
                guest.expect(pattern, 0)
            for pattern in self.hides:
                require(not re.search(pattern, guest.text), f'{pattern!r} appeared on the console')
            require(code == self.status, f'status {code}, wanted {self.status}')


@dataclasses.dataclass
class Test:
    """Anything else: run(ctx) raises when it fails."""
    name: str
    run: object
    weight: int = 1
    timeout_s: float = 120
    full_only: bool = False


def test(name, **options):
    """Makes a function a row of its module's TESTS."""
    def decorate(function):
        sys.modules[function.__module__].TESTS.append(Test(name, function, **options))
        return function
    return decorate
