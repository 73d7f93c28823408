# SPDX-License-Identifier: BSD-2-Clause
"""Cards that come and go in the slots of PCI Express root ports, by the ports' own events."""
import errno

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
                guest.expect(says[name].replace('vtnet1', f'vtnet{turn + 1}').replace('vtrnd1', f'vtrnd{turn + 1}'))
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
