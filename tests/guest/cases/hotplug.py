# SPDX-License-Identifier: BSD-2-Clause
"""Cards that come and go in the slots of PCI Express root ports, by the ports' own events."""
import contextlib
import errno
import socketserver
import threading

from cases.network import Echo, EchoDatagram
from cases.scsi import asks, filled, holds, leave, sum_of
from harness import Guest, Machine, program, require, test

TESTS = []

# Without this the host tells of cards through AML.
NATIVE = ['-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off']


def port(number, options=''):
    return ['-device', f'pcie-root-port,id=p{number},chassis={number},slot={number}{options}']


def make(ctx, ports=2, extra=(), **more):
    words = [word for number in range(1, ports + 1) for word in port(number)]
    return Machine(image=program(ctx, 'disks', '--with', 'net'), extra=[*NATIVE, *words, *extra], **more)


def add_node(guest, name, path):
    guest.qmp('blockdev-add', **{'driver': 'raw', 'node-name': name, 'file': {'driver': 'file', 'filename': str(path), 'locking': 'off'}})


def plug_disk(guest, slot, name, path, **options):
    add_node(guest, f'n{name}', path)
    guest.qmp('device_add', driver='virtio-blk-pci', bus=f'p{slot}', id=name, drive=f'n{name}', **options)


def unplug(guest, name):
    """Until the host has taken the card away."""
    guest.qmp('device_del', id=name)
    guest.event('DEVICE_DELETED', device=name)


def lost(guest, name):
    asks(guest, f'lose {name}', f'{name} is gone')
    asks(guest, 'read 0', f'error {errno.ENODEV}')
    asks(guest, 'write 0 9', f'error {errno.ENODEV}')


def comes_and_goes(name, **more):
    @test(f'guest/hotplug/disk/{name}')
    def run(ctx):
        """disks are plugged in, used and unplugged, six times over, the one beside them undisturbed"""
        paths = [filled(ctx.tmp / f'{n}.img', n + 1, n + 1) for n in range(3)]
        stays = ['-drive', f'if=none,id=d0,format=raw,file={paths[0]}', '-device', 'virtio-blk-pci,drive=d0,bus=p2']
        with Guest(make(ctx, extra=stays, **more)) as guest:
            guest.expect('^ready$')
            asks(guest, 'list', 'disks vda\\.')
            for turn in range(6):
                mib = 2 + turn % 2
                plug_disk(guest, 1, f'u{turn}', paths[mib - 1])
                asks(guest, 'wait vdb', 'vdb is there')
                holds(guest, 'vdb', mib, mib)
                unplug(guest, f'u{turn}')
                lost(guest, 'vdb')
            holds(guest, 'vda', 1, 1)
            leave(guest)


comes_and_goes('1')
comes_and_goes('4', cpus=4)


@test('guest/hotplug/cold')
def cold(ctx):
    """a card that was there from the start can go, and come back"""
    path = filled(ctx.tmp / 'disk.img', 1, 7)
    words = ['-drive', f'if=none,id=d0,format=raw,file={path}', '-device', 'virtio-blk-pci,drive=d0,bus=p1,id=first']
    with Guest(make(ctx, extra=words)) as guest:
        guest.expect('^ready$')
        holds(guest, 'vda', 1, 7)
        unplug(guest, 'first')
        lost(guest, 'vda')
        plug_disk(guest, 2, 'second', path)
        asks(guest, 'wait vda', 'vda is there')
        holds(guest, 'vda', 1, 7)
        leave(guest)


@test('guest/hotplug/others')
def others(ctx):
    """network, entropy and SCSI cards, and one that no driver knows, come and go"""
    with Guest(make(ctx, ports=4, append='loglevel=7')) as guest:
        guest.expect('^ready$')
        guest.qmp('netdev_add', type='user', id='n1')
        guest.qmp('object-add', **{'qom-type': 'rng-builtin', 'id': 'r1'})
        cards = {'net': {'driver': 'virtio-net-pci', 'netdev': 'n1'}, 'rng': {'driver': 'virtio-rng-pci', 'rng': 'r1'},
                 'scsi': {'driver': 'virtio-scsi-pci'}, 'e1000e': {'driver': 'e1000e', 'romfile': ''}}
        says = {'net': 'vtnet1: virtio-net', 'rng': 'vtrnd1: virtio-rng', 'scsi': 'virtio-scsi', 'e1000e': 'no driver for 8086:10d3'}
        for turn in range(2):
            for slot, (name, card) in enumerate(cards.items(), 1):
                guest.qmp('device_add', bus=f'p{slot}', id=name, **card)
                guest.expect(says[name].replace('vtrnd1', f'vtrnd{turn + 1}'))
            for name in cards:
                unplug(guest, name)
        leave(guest)


@test('guest/hotplug/busy')
def busy(ctx):
    """unplugged amid a request: who waits for it is told"""
    path = filled(ctx.tmp / 'disk.img', 1, 3)
    with Guest(make(ctx)) as guest:
        guest.expect('^ready$')
        add_node(guest, 'disk', path)
        guest.qmp('object-add', **{'qom-type': 'throttle-group', 'id': 'slow', 'limits': {'bps-total': 200}})
        guest.qmp('blockdev-add', **{'driver': 'throttle', 'node-name': 'slow-disk', 'throttle-group': 'slow', 'file': 'disk'})
        guest.qmp('device_add', driver='virtio-blk-pci', bus='p1', id='u', drive='slow-disk')
        asks(guest, 'wait vda', 'vda is there')
        asks(guest, 'open vda', f'opened {1 << 20}')
        asks(guest, 'read 0', f'read {sum_of(3)}')
        guest.send('read 8\n')  # for which the host takes half a minute
        unplug(guest, 'u')
        guest.expect(f'^error {errno.ENODEV}$')
        leave(guest)


# --- a network card, and what its sockets are told ---

ENETUNREACH, ENETDOWN = 114, 115  # newlib's

@contextlib.contextmanager
def echoing():
    """Servers on the host that send back what they get; TCP and UDP on one port."""
    with socketserver.ThreadingTCPServer(('127.0.0.1', 0), Echo) as tcp:
        port = tcp.socket.getsockname()[1]
        with socketserver.UDPServer(('127.0.0.1', port), EchoDatagram) as udp:
            tcp.daemon_threads = True
            for server in (tcp, udp):
                threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield port
            finally:
                tcp.shutdown()
                udp.shutdown()


def plug_card(guest, slot, name, **options):
    guest.qmp('netdev_add', type='user', id=f'n{name}')
    guest.qmp('device_add', driver='virtio-net-pci', bus=f'p{slot}', id=name, netdev=f'n{name}', romfile='', **options)


def unplug_card(guest, name):
    unplug(guest, name)
    guest.qmp('netdev_del', id=f'n{name}')
    asks(guest, 'lose', 'gone 0')


def card_machine(ctx, **more):
    """No card at first: the hub's port is there so that none is added."""
    words = [word for number in (1, 2) for word in port(number)]
    return Machine(image=program(ctx, 'net_card'), extra=[*NATIVE, *words, '-netdev', 'hubport,id=unused,hubid=0'], **more)


def use_card(guest, port):
    asks(guest, 'wait', r'address 10\.0\.2\.\d+')
    asks(guest, f'connect {port}', f'connected {port}')
    asks(guest, 'talk 500000', 'talked 500000')
    asks(guest, 'send', 'echoed 4')


def card_comes_and_goes(name, append='ip=dhcp', **more):
    cpus = more.pop('cpus', 1)

    @test(f'guest/hotplug/network/{name}', weight=min(cpus, 2), timeout_s=180)
    def run(ctx):
        """a machine without a network gets a card, uses it and loses it, over and over; nothing of it is left"""
        free = []
        with echoing() as port, Guest(card_machine(ctx, append=f'loglevel=7 {append}', cpus=cpus)) as guest:
            guest.expect('^ready$')
            asks(guest, f'connect {port}', f'error {ENETUNREACH}')
            for turn in range(5):
                plug_card(guest, 1 + turn % 2, f'c{turn}', **more)
                use_card(guest, port)
                asks(guest, 'hear', 'hangs')
                asks(guest, 'hang' if turn % 2 else 'ask 20000', 'hangs' if turn % 2 else 'unread 20000')
                unplug(guest, f'c{turn}')
                guest.expect('eth0: has gone')
                ended(guest, turn)
                guest.qmp('netdev_del', id=f'nc{turn}')
                asks(guest, 'lose', 'gone 0')
                asks(guest, 'poll', 'hung up' if turn % 2 else 'error, hung up')
                asks(guest, 'send', f'error {ENETUNREACH}')
                asks(guest, f'connect {port}', f'error {ENETUNREACH}')
                asks(guest, 'close', 'closed')
                guest.send('free\n')
                free.append(int(guest.expect(r'^free (\d+)$')[1]))
            require(max(free[1:]) - min(free[1:]) <= 4, f'free pages after each turn: {free}')
            leave(guest)


def ended(guest, turn):
    """The threads end in any order."""
    text = [f'datagram ended with -1, error {ENETDOWN}'] + [f'stream ended with -1, error {ENETDOWN}'] * (turn % 2)
    for _ in text:
        require(guest.expect(r'^(\w+ ended with .*)$')[1] in text, 'another end')


card_comes_and_goes('1')
card_comes_and_goes('2', cpus=2)
card_comes_and_goes('packed', packed='on')
card_comes_and_goes('packed/2', packed='on', cpus=2)
card_comes_and_goes('intx', vectors=0)
card_comes_and_goes('static', append='ip=10.0.2.77::10.0.2.2:255.255.255.0::eth0:off')
