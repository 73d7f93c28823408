# SPDX-License-Identifier: BSD-2-Clause
"""Consoles and ports to the host: virtio-console in its ways, serial lines, the terminal."""
import contextlib
import errno
import re
import socket
import threading
import time

from harness import BOOT_TIMEOUT_S, Guest, Machine, program, require, test

TESTS = []

PERIOD = 65521
PATTERN = bytes(j * j * 7 + j * 13 + (j >> 8) & 0xff for j in range(PERIOD))

# QEMU's machine and the device's name and options
WAYS = {
    'q35/split': ('q35', 'virtio-serial-pci'),
    'q35/packed': ('q35', 'virtio-serial-pci,packed=on'),
    'pc/legacy': ('pc', 'virtio-serial-pci,disable-modern=on,disable-legacy=off,max_ports=4'),
    'pc/intx': ('pc', 'virtio-serial-pci,vectors=0,event_idx=off'),
    'microvm/legacy': ('microvm', 'virtio-serial-device,max_ports=4'),
    'microvm/packed': ('microvm', 'virtio-serial-device,packed=on'),
}
MODERN_MMIO = ['-global', 'virtio-mmio.force-legacy=false']


class Peer:
    """The host's end of a chardev, which QEMU listens on."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(BOOT_TIMEOUT_S)
        deadline = time.monotonic() + BOOT_TIMEOUT_S
        while True:
            try:
                self.socket.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                require(time.monotonic() < deadline, f'nobody listens on {path}')
                time.sleep(0.02)
        self.text = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def expect(self, pattern):
        """Waits for text; what lies before its end is done with."""
        while not (match := re.search(pattern.encode(), self.text, re.MULTILINE)):
            try:
                piece = self.socket.recv(65536)
            except TimeoutError:
                piece = b''
            require(piece, f'{pattern!r} did not come: {self.text[-2000:]!r}')
            self.text += piece.replace(b'\r', b'')
        self.text = self.text[match.end():]
        return match

    def read_to_end(self):
        while piece := self.socket.recv(65536):
            self.text += piece
        return self.text

    def receive(self, count):
        """So many bytes of the pattern."""
        done = 0
        while done < count:
            piece = self.socket.recv(1 << 20)
            require(piece, f'closed after {done} bytes of {count}')
            at = done % PERIOD
            wanted = (PATTERN[at:] + PATTERN * (len(piece) // PERIOD + 1))[:len(piece)]
            require(piece == wanted, f'not the pattern somewhere behind {done} bytes')
            done += len(piece)
        require(done == count, f'{done} bytes, not {count}')


def chardev(ctx, name):
    return ['-chardev', f'socket,id={name},path={ctx.tmp / name},server=on,wait=off']


def port(ctx, name, number):
    return [*chardev(ctx, name), '-device', f'virtserialport,id=port-{name},chardev={name},name={name},nr={number}']


def make(ctx, image, *words, way='q35/split', **more):
    machine, device = WAYS[way]
    words = ['-device', f'{device},id=vs', *words]
    if machine == 'microvm' and 'legacy' not in way:
        words = [*MODERN_MMIO, *words]
    return Machine(image=program(ctx, image), machine=machine, extra=words, **more)


def asks(guest, command, answer):
    guest.send(command + '\n')
    guest.expect(f'^{answer}$')


def exchange(guest, peer, count):
    guest.send(f'both {count}\n')
    sender = threading.Thread(target=lambda: peer.send((PATTERN * (count // PERIOD + 1))[:count]), daemon=True)
    sender.start()
    peer.receive(count)
    guest.expect(f'^received {count} sent {count}$', 600)


def ports_test(way):
    @test(f'guest/ports/{way}')
    def run(ctx):
        """a named port carries bytes both ways, is one program's at a time, and shows that nobody is there"""
        with Guest(make(ctx, 'ports', *port(ctx, 'a.b', 1), *port(ctx, 'other', 2), way=way)) as guest:
            guest.expect('^ready$')
            asks(guest, 'wait other', 'other is there')
            asks(guest, 'wait a.b', 'a.b is there')
            asks(guest, 'list', r'ports: (a\.b other|other a\.b)\.')
            asks(guest, 'open /dev/virtio-ports/a.b', 'open 1 error 0')
            asks(guest, 'poll', 'poll in hup')
            asks(guest, 'read', 'read 0 <> error 0')
            with Peer(ctx.tmp / 'a.b') as peer:
                peer.send('to the guest')
                guest.send('read\n')
                while guest.expect('^read (.*)$').group(1) != '12 <to the guest> error 0':
                    guest.send('read\n')  # it has not heard yet that somebody is there
                asks(guest, 'poll', 'poll out')
                asks(guest, 'write', 'write 9 error 0')
                peer.expect('some text')
                exchange(guest, peer, 300_000)
            while True:
                guest.send('poll\n')
                if guest.expect('^poll(.*)$').group(1) == ' in hup':
                    break
            with Peer(ctx.tmp / 'a.b') as peer:
                asks(guest, 'write', 'write 9 error 0')
                peer.expect('some text')
            asks(guest, 'open /dev/vport0p1', f'open 0 error {errno.EBUSY}')
            guest.send('exit 0\n')
            require(guest.finish() == 0, 'status')


for each in WAYS:
    ports_test(each)


def plugging_test(name, count, **more):
    @test(f'guest/ports/plugging/{name}', **more)
    def run(ctx):
        """bytes both ways, exact, while other ports come and go"""
        with Guest(make(ctx, 'ports', *port(ctx, 'stays', 1), *chardev(ctx, 'comes'))) as guest:
            guest.expect('^ready$')
            asks(guest, 'wait stays', 'stays is there')
            asks(guest, 'open /dev/virtio-ports/stays', 'open 1 error 0')
            done = threading.Event()

            def plug():
                turns = 0
                while not done.is_set() or turns < 3:
                    guest.qmp('device_add', driver='virtserialport', id='u', chardev='comes', name=f'comes{turns % 7}', nr=2 + turns % 3)
                    time.sleep(0.05)
                    guest.qmp('device_del', id='u')
                    guest.event('DEVICE_DELETED', device='u')
                    turns += 1
                print(f'{turns} times plugged')

            plugger = threading.Thread(target=plug, daemon=True)
            plugger.start()
            with Peer(ctx.tmp / 'stays') as peer:
                exchange(guest, peer, count)
            done.set()
            plugger.join(60)
            require(not plugger.is_alive(), 'plugging did not end')
            guest.qmp('device_add', driver='virtserialport', id='u', chardev='comes', name='last', nr=2)
            asks(guest, 'wait last', 'last is there')
            guest.send('close\n')
            asks(guest, 'open /dev/virtio-ports/last', 'open 1 error 0')
            with Peer(ctx.tmp / 'comes') as peer:
                peer.send('x')
                exchange_soon(guest, peer)
            guest.qmp('device_del', id='u')
            asks(guest, 'gone last', 'last is gone')
            asks(guest, 'read', f'read -1 <> error {errno.ENODEV}')
            asks(guest, 'write', f'write -1 error {errno.ENODEV}')
            guest.send('exit 0\n')
            require(guest.finish() == 0, 'status')


def exchange_soon(guest, peer):
    """Once the guest has heard that somebody is there."""
    guest.send('read\n')
    while guest.expect('^read (.*)$').group(1) != '1 <x> error 0':
        guest.send('read\n')
    asks(guest, 'write', 'write 9 error 0')
    peer.expect('some text')


plugging_test('4M', 4_000_000, weight=2)
plugging_test('100M', 100_000_000, weight=2, timeout_s=1200, full_only=True)


@test('guest/ports/unread')
def unread(ctx):
    """who writes to a host that does not read waits, and nobody else; nothing is lost once it does"""
    with Guest(make(ctx, 'ports', *port(ctx, 'slow', 1))) as guest:
        guest.expect('^ready$')
        asks(guest, 'wait slow', 'slow is there')
        asks(guest, 'open /dev/virtio-ports/slow', 'open 1 error 0')
        with Peer(ctx.tmp / 'slow') as peer:
            asks(guest, 'writer 3000000', 'writer starts')
            require(peer.socket.recv(10) == PATTERN[:10], 'not the pattern')  # it is connected
            guest.send('list\n')
            guest.expect(r'^ports: slow\.$')
            time.sleep(1)
            guest.send('poll\n')
            guest.expect('^poll$')  # neither
            peer.socket.settimeout(BOOT_TIMEOUT_S)
            rest = b''
            while len(rest) < 3_000_000 - 10:
                rest += peer.socket.recv(1 << 20)
            require(rest == (PATTERN * 46)[10:3_000_000], 'something was lost')
            guest.expect('^writer ends with 3000000$')
            guest.send('exit 0\n')
            require(guest.finish() == 0, 'status')


def hvc(ctx, name='hvc'):
    return [*chardev(ctx, name), '-device', f'virtconsole,chardev={name}']


def console_test(way):
    @test(f'guest/console/hvc/{way}')
    def run(ctx):
        """console=hvc0: the log, what the app says, what is typed; the serial line stays silent"""
        with Guest(make(ctx, 'echo', *hvc(ctx), way=way, append='console=hvc0 loglevel=7')) as guest:
            with Peer(ctx.tmp / 'hvc') as peer:
                peer.expect('^ready tty=1$')
                peer.send('erax\x7fse\n')
                peer.expect('^got 5 <erase>$')
                for i in range(50):
                    peer.send(f'line {i}\n')
                    peer.expect(f'^got {len(str(i)) + 5} <line {i}>$')
                peer.send('quit\n')
                peer.expect('^got 4 <quit>$')
                require(guest.finish() == 7, 'status')
            require(guest.text.strip() == '', 'the serial line said something')


for each in WAYS:
    console_test(each)


@test('guest/console/terminal')
def terminal(ctx):
    """a login on hvc0: line editing, a password without echo, the window, signals, raw keys, the end of input"""
    with Guest(make(ctx, 'terminal', *hvc(ctx), append='console=hvc0')) as guest:
        with Peer(ctx.tmp / 'hvc') as peer:
            peer.expect('^window: 0 columns 0 rows$')
            peer.expect('^login: ')
            peer.send('rx\x7foo user\x17t\x16\x03\x12')  # erase, erase a word, a literal Ctrl-C, reprint
            peer.expect(re.escape('^R\nroo t^C'))
            peer.send('\x7f\n')
            peer.expect('^password: ')
            peer.send('sesax\x7fme\n')
            answer = peer.expect('^hello <roo t>, your password is <sesame>$')
            require(b'ses' not in answer.string[:answer.start()], 'the password was echoed')
            peer.expect('^raw$')
            peer.send('abc')
            peer.expect('^keys 3: 61 62 63$')
            peer.send('\x03')
            peer.expect('^keys 1: 03$')  # half a second later
            peer.send('q')
            peer.expect('^keys 1: 71$')
            peer.expect('^cooked$')
            peer.send('thrown away\x03')
            peer.expect('^signal 2$')
            peer.send('kept\n')
            peer.expect('^line <kept>$')
            peer.send('\x04')
            peer.expect('^end of input$')
            peer.send('\x03')
            require(guest.finish() == 130, 'status')


@contextlib.contextmanager
def console_on_com2(ctx):
    """(guest, the peer on its console): ttyS1, so that ttyS0, where guest.send() and expect() are, is a port"""
    second_line = [*chardev(ctx, 'com2'), '-serial', 'chardev:com2']
    with Guest(make(ctx, 'ports', *second_line, append='console=ttyS1')) as guest, Peer(ctx.tmp / 'com2') as peer:
        peer.expect('^ready$')
        yield guest, peer


@test('guest/console/unread')
def unread_console(ctx):
    """a console that nobody reads stops the app for seconds at most, once; what is dropped is counted"""
    with console_on_com2(ctx) as (guest, peer):
        peer.send('flood 60000\nreport /dev/ttyS0 it goes on\n')
        guest.expect('^it goes on$', 300)
        peer.expect('line 0 of')  # what was typed may stand before it
        peer.send('list\n')
        peer.expect('ttyS1: [0-9]+ bytes were dropped, as nobody took them$')
        peer.send('exit 3\n')
        require(guest.finish() == 3, 'status')


@test('guest/console/lossless')
def lossless(ctx):
    """a slow reader gets every line, up to the last before the machine's end"""
    with console_on_com2(ctx) as (guest, peer):
        peer.send('flood 20000\n')
        peer.expect('^line 0 of')
        time.sleep(0.5)
        peer.send('exit 0\n')
        text = peer.read_to_end().replace(b'\r', b'').decode()
        numbers = [int(n) for n in re.findall(r'line (\d+) of a flood that is to go somewhere', text)]
        require(numbers == list(range(1, 20000)), f'{len(numbers)} lines')
        require(guest.finish() == 0, 'status')


@test('guest/console/serial_port')
def serial_port(ctx):
    """lines that console= does not name are ports; ttyS1 can be the console, and ttyS0 a port then"""
    with console_on_com2(ctx) as (guest, peer):
        peer.send('open /dev/ttyS0\n')
        peer.expect('^open 1 error 0$')
        peer.send('write\n')
        peer.expect('^write 9 error 0$')
        guest.expect('some text')
        guest.send('hello')
        peer.send('poll\n')
        while 'in' not in peer.expect('^poll(.*)$').group(1).decode():
            peer.send('poll\n')
        peer.send('read\n')
        peer.expect('^read [1-5] <h')
        peer.send('exit 5\n')
        require(guest.finish() == 5, 'status')


@test('guest/console/late')
def late(ctx):
    """a console that comes up late is shown the log from its beginning; one that is not there gets one line"""
    with Guest(make(ctx, 'ports', *hvc(ctx), append='loglevel=7 console=ttyS0 console=hvc0 console=efi')) as guest:
        with Peer(ctx.tmp / 'hvc') as peer:
            first = guest.expect(r'^\[ +[0-9.]+\] .*$').group()
            peer.expect(re.escape(first))
            peer.expect('console=efi: there is none of that name$')
            peer.expect('^ready$')
            guest.expect('^ready$')


@test('guest/console/emergency')
def emergency(ctx):
    """a panic reaches a virtio console without a serial line, by emergency writing and without it"""
    for options in ('', ',emergency-write=off', ',max_ports=1'):
        words = ['-device', f'virtio-serial-pci{options}', *hvc(ctx, f'hvc{len(options)}')]
        machine = Machine(image=program(ctx, 'null'), extra=words, append='console=hvc0', arguments=['read'])
        with Guest(machine) as guest:
            with Peer(ctx.tmp / f'hvc{len(options)}') as peer:
                peer.expect('kernel panic: ')
                peer.expect('^rip ')
                require(guest.finish() != 0, 'status')
                require('kernel panic' not in guest.text, 'the serial line said it')
