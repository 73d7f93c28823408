# SPDX-License-Identifier: BSD-2-Clause
"""Disks behind a SCSI host: raw ones as disk.py has them, file systems, several units, errors, disks that come and go."""
import errno
import itertools

import http_check
from cases import disk
from cases.files import compare, kinds_tree, mke2fs
from disk_pattern import pattern
from harness import Guest, Machine, program, require, run_tool, test
from thimblelib.disk import Disk

TESTS = []

TRANSPORTS = {
    'q35': ('q35', 'virtio-scsi-pci', ''),
    'pc': ('pc', 'virtio-scsi-pci', ''),
    'packed': ('q35', 'virtio-scsi-pci', ',packed=on'),
    'legacy': ('pc', 'virtio-scsi-pci', ',disable-modern=on,disable-legacy=off'),
    'intx': ('q35', 'virtio-scsi-pci', ',vectors=0'),
    'small': ('q35', 'virtio-scsi-pci', ',virtqueue_size=8,indirect_desc=off,event_idx=off'),
    'odd': ('q35', 'virtio-scsi-pci', ',packed=on,virtqueue_size=100'),
    'one': ('q35', 'virtio-scsi-pci', ',cmd_per_lun=1,max_sectors=8'),
    'queues': ('q35', 'virtio-scsi-pci', ',num_queues=4'),
    'mmio': ('microvm', 'virtio-scsi-device', ''),
}


def unit(number, path, options='', node=''):
    """A disk of its own target, unless the options say otherwise."""
    return ['-drive', f'if=none,id=s{number},format=raw,file={path}', '-device', f'scsi-hd,bus=scsi.0,drive=s{number}{options}']


def make(ctx, name, units, transport='q35', options=(), **more):
    machine, device, device_options = TRANSPORTS[transport]
    return Machine(image=program(ctx, name, *options), machine=machine,
                   extra=['-device', f'{device},id=scsi{device_options}', *units], **more)


def block(cpus, transport):
    @test(f'guest/scsi/block/{cpus}/{transport}', weight=min(cpus, 2))
    def run(ctx):
        """reads of all sizes from several threads; what was written is on the disk, and nothing else has changed"""
        data = pattern(ctx).read_bytes()
        path = ctx.tmp / 'disk.img'
        path.write_bytes(data)
        with Guest(make(ctx, 'block', unit(0, path), transport, cpus=cpus, arguments=['/dev/sda'])) as guest:
            disk.finish(guest, 100)
        disk.check_turned(data, path.read_bytes())


for name in TRANSPORTS:
    block(1, name)
block(4, 'q35')


@test('guest/scsi/stress', weight=2)
def stress(ctx):
    """six threads on two CPUs: no read is lost or mixed up"""
    with Guest(make(ctx, 'block_stress', unit(0, pattern(ctx)), cpus=2, arguments=['8', '100000', '/dev/sda'])) as guest:
        disk.finish(guest, 80)


@test('guest/scsi/tree', timeout_s=180)
def tree(ctx):
    """file systems mount from SCSI disks by the tool's own option, beside one of virtio_blk's; and are whole afterwards"""
    folder = ctx.tmp / 't'
    kinds_tree(str(folder))
    paths = [mke2fs(ctx.tmp / f'{n}.img', '64M', '-d', folder) for n in range(3)]
    paths[2].chmod(0o444)
    disks = [Disk(str(paths[0]), '/d0'), *(Disk(str(path), f'/d{n}', scsi=True) for n, path in enumerate(paths[1:], 1))]
    for machine in ('q35', 'pc', 'microvm'):
        machine_ = Machine(image=program(ctx, 'tree', '--with', 'ext4'), machine=machine, disks=disks, arguments=['/d1'])
        with Guest(machine_) as guest:
            require(guest.finish() == 0, 'status')
            compare(guest.text, folder, '/d1', ['dir /d1/lost+found'])
    for path in paths:
        run_tool(['e2fsck', '-f', '-n', path])


@test('guest/scsi/root')
def root(ctx):
    """the root file system is found on a SCSI disk, though nothing waits for it before it is asked for"""
    folder = ctx.tmp / 't'
    http_check.make_tree(str(folder / 'srv'))
    (folder / 'dev').mkdir()
    path = mke2fs(ctx.tmp / 'root.img', '64M', '-d', folder)
    with Guest(make(ctx, 'tree', unit(0, path, ',scsi-id=200'), options=('--with', 'ext4'), append='root=/dev/sda',
                    arguments=['/srv'])) as guest:
        require(guest.finish() == 0, 'status')
        compare(guest.text, folder / 'srv', '/srv')


# --- disks one by one, by what a test asks programs/disks.c for ---

def filled(path, mib, byte):
    path.write_bytes(bytes([byte]) * (mib << 20))
    return path


def sum_of(byte):
    """What the program prints for 4096 of them."""
    total = 0
    for _ in range(4096):
        total = (total * 31 + byte) & 0xffffffff
    return total


def asks(guest, line, answer):
    guest.send(line + '\n')
    guest.expect(f'^{answer}$')


def holds(guest, name, mib, byte):
    asks(guest, f'open {name}', f'opened {mib << 20}')
    asks(guest, 'read 0', f'read {sum_of(byte)}')
    asks(guest, f'read {(mib << 11) - 8}', f'read {sum_of(byte)}')


def leave(guest):
    guest.send('exit\n')
    require(guest.finish() == 0, 'status')


@test('guest/scsi/units')
def units(ctx):
    """two targets and two logical units of one, with blocks of 512 and 4096 bytes, each with its own data"""
    paths = [filled(ctx.tmp / f'{n}.img', n + 1, n + 1) for n in range(4)]
    options = ['scsi-id=0,lun=0', 'scsi-id=0,lun=300', 'scsi-id=3,lun=1,logical_block_size=4096,physical_block_size=4096', 'scsi-id=255,lun=5']
    machine = make(ctx, 'disks', [word for n, path in enumerate(paths) for word in unit(n, path, ',' + options[n])])
    with Guest(machine) as guest:
        guest.expect('^ready$')
        asks(guest, 'list', 'disks sda sdb sdc sdd\\.')
        for n, name in enumerate(('sda', 'sdb', 'sdc', 'sdd')):
            holds(guest, name, n + 1, n + 1)
            asks(guest, f'write 8 {n + 65}', 'wrote 4096')
            asks(guest, 'flush', 'flushed 0')
            asks(guest, 'read 8', f'read {sum_of(n + 65)}')
        leave(guest)
    for n, path in enumerate(paths):
        data = bytearray([n + 1]) * ((n + 1) << 20)
        data[4096:8192] = bytes([n + 65]) * 4096
        require(path.read_bytes() == data, f'disk {n} is not as the guest left it')


@test('guest/scsi/read-only')
def read_only(ctx):
    """write protection is known before anything is written"""
    path = filled(ctx.tmp / 'disk.img', 1, 7)
    words = unit(0, path)
    words[1] += ',readonly=on'
    with Guest(make(ctx, 'disks', words)) as guest:
        guest.expect('^ready$')
        holds(guest, 'sda', 1, 7)
        asks(guest, 'write 0 1', f'error {errno.EBADF}')  # it was opened for reading, as the other is refused
        leave(guest)


def plug(guest, path, number, options=''):
    guest.qmp('blockdev-add', **{'driver': 'raw', 'node-name': f'n{number}', 'file': {'driver': 'file', 'filename': str(path), 'locking': 'off'}})
    guest.qmp('device_add', driver='scsi-hd', bus='scsi.0', id=f'u{number}', drive=f'n{number}', **{'scsi-id': number})


def hotplug(transport):
    @test(f'guest/scsi/plug/{transport}')
    def run(ctx):
        """disks come and go while the machine runs; one that went answers ENODEV and is not taken for the next one"""
        paths = [filled(ctx.tmp / f'{n}.img', n + 1, n + 1) for n in range(4)]
        with Guest(make(ctx, 'disks', unit(0, paths[0]), transport)) as guest:
            guest.expect('^ready$')
            asks(guest, 'list', 'disks sda\\.')
            plug(guest, paths[1], 1)
            asks(guest, 'wait sdb', 'sdb is there')
            holds(guest, 'sdb', 2, 2)
            guest.qmp('device_del', id='u1')
            asks(guest, 'lose sdb', 'sdb is gone')
            asks(guest, 'read 0', f'error {errno.ENODEV}')
            asks(guest, 'write 0 9', f'error {errno.ENODEV}')
            plug(guest, paths[2], 2)
            asks(guest, 'wait sdb', 'sdb is there')
            asks(guest, 'read 0', f'error {errno.ENODEV}')  # of the one that went
            holds(guest, 'sdb', 3, 3)
            plug(guest, paths[3], 3)
            asks(guest, 'wait sdc', 'sdc is there')
            holds(guest, 'sdc', 4, 4)
            holds(guest, 'sda', 1, 1)
            leave(guest)


for name in ('q35', 'packed', 'mmio'):
    hotplug(name)


@test('guest/scsi/plug/many')
def plug_many(ctx):
    """more disks come and go than there are event buffers or names could be lost"""
    path = filled(ctx.tmp / 'disk.img', 1, 5)
    with Guest(make(ctx, 'disks', [])) as guest:
        guest.expect('^ready$')
        asks(guest, 'list', 'disks\\.')
        for turn in range(3):
            for number in range(12):
                plug(guest, path, 1 + turn * 12 + number)
            asks(guest, 'wait sdl', 'sdl is there')
            holds(guest, 'sdl', 1, 5)
            for number in range(12):
                guest.qmp('device_del', id=f'u{1 + turn * 12 + number}')
            for name in 'abcdefghijkl':
                asks(guest, f'lose sd{name}', f'sd{name} is gone')
        leave(guest)


@test('guest/scsi/resize')
def resize(ctx):
    """a disk that grows is as large as it is, at once"""
    path = filled(ctx.tmp / 'disk.img', 1, 3)
    with Guest(make(ctx, 'disks', unit(0, path))) as guest:
        guest.expect('^ready$')
        holds(guest, 'sda', 1, 3)
        guest.qmp('block_resize', device='s0', size=2 << 20)
        for _ in itertools.count():
            guest.send('open sda\n')
            if int(guest.expect('^opened ([0-9]+)$')[1]) == 2 << 20:
                break
        asks(guest, f'read {2 * 2048 - 8}', 'read 0')
        leave(guest)


def errors(name, reads, injected):
    @test(f'guest/scsi/errors/{name}')
    def run(ctx):
        """what the host cannot read or write reaches the program, unless another try helps"""
        path = filled(ctx.tmp / 'disk.img', 1, 3)
        words = ['-blockdev', f'driver=raw,node-name=d0,file.driver=blkdebug,file.image.driver=file,file.image.filename={path},{injected}',
                 '-device', 'scsi-hd,bus=scsi.0,drive=d0,rerror=report,werror=report']
        with Guest(make(ctx, 'disks', words)) as guest:
            guest.expect('^ready$')
            asks(guest, 'open sda', f'opened {1 << 20}')
            for answer in reads:
                asks(guest, 'read 80' if answer.startswith('read') or 'read' in injected else 'write 80 3', answer)
            asks(guest, 'read 0', f'read {sum_of(3)}')
            leave(guest)


FAILS = f'error {errno.EIO}'
errors('read', [FAILS, FAILS], 'file.inject-error.0.event=read_aio,file.inject-error.0.errno=5,file.inject-error.0.sector=80')
errors('once', [f'read {sum_of(3)}'], 'file.inject-error.0.event=read_aio,file.inject-error.0.errno=5,file.inject-error.0.sector=80,file.inject-error.0.once=on')
errors('write', [FAILS, f'read {sum_of(3)}'], 'file.inject-error.0.event=write_aio,file.inject-error.0.errno=5,file.inject-error.0.sector=80,file.inject-error.0.iotype=write')
errors('full', [f'error {errno.ENOSPC}'], 'file.inject-error.0.event=write_aio,file.inject-error.0.errno=28,file.inject-error.0.sector=80')
