# SPDX-License-Identifier: BSD-2-Clause
"""Every way in which virtio devices are offered: a disk, a network and entropy do real work, and what they did is compared."""
import dataclasses
import pathlib
import re
import socketserver
import threading

from cases.network import Echo
from harness import Guest, Machine, Test, program, require, test
from disk_pattern import half_turned, whole
from virtio_matrix import Way, all_ways, pairwise

TESTS = []

DRIVER_OK = 4
@dataclasses.dataclass
class MatrixMachine(Machine):
    """With the devices that the way says, and none of the tool's."""
    way: Way | None = None

    def machine_arguments(self):
        return self.way.machine_options()

    def entropy_arguments(self):
        return []


def devices(way, ctx, disk, blk, net):
    return ['-drive', f'if=none,id=d0,format=raw,file={disk}', *way.device('blk', f',drive=d0{blk}', 1),
            '-netdev', 'user,id=n0', *way.device('net', f',netdev=n0{net}' + ('' if way.mmio else ',romfile='), 2),
            '-object', 'rng-builtin,id=r0', *way.device('rng', ',rng=r0', 3),
            '-trace', 'virtio_rng_pushed', '-D', str(ctx.tmp / 'trace.txt')]


def check_log(way, text):
    """What was agreed on is what the way is about."""
    for name in ('vda: virtio-blk', 'vtnet0: virtio-net', 'vtrnd0: virtio-rng'):
        line = re.search(rf'{name} (\S+) (pci|mmio) \S+(.*)', text)
        require(line, f'no line "{name}..."')
        require(line[1] == ('legacy' if way.legacy else '1.0'), f'{name} speaks {line[1]}')
        require(line[2] == ('mmio' if way.mmio else 'pci'), f'{name} is on {line[2]}')
        for feature, on in (('RING_PACKED', way.ring == 'packed'), ('EVENT_IDX', way.event_idx == 'event'),
                            ('INDIRECT_DESC', way.indirect == 'indirect')):
            require((f'+{feature}' in line[3]) == on, f'{feature} is not {"on" if on else "off"}: {line[0]}')


def run_on(way, blk='', net=''):
    def run(ctx):
        """a disk, a network and entropy, offered in one of the possible ways"""
        disk = ctx.tmp / 'disk.img'
        disk.write_bytes(whole())
        with socketserver.ThreadingTCPServer(('127.0.0.1', 0), Echo) as echo:
            threading.Thread(target=echo.serve_forever, daemon=True).start()
            machine = MatrixMachine(image=program(ctx, 'virtio_io'), way=way, extra=devices(way, ctx, disk, blk, net),
                                    append='loglevel=7' + (' hw.virtio.legacy=1' if way.interface == 'forced' else ''),
                                    arguments=['10.0.2.2', str(echo.server_address[1])])
            with Guest(machine) as guest:
                code = guest.finish()
                guest.expect('^all checks passed$', 0)
                require(code == 0, f'status {code}')
                check_log(way, guest.text)
                require('looking at' not in guest.text, 'it is polled')
            echo.shutdown()
        require(disk.read_bytes() == half_turned(), 'the disk is not as the guest left it')
        require(re.search(r'64 bytes pushed', pathlib.Path(ctx.tmp / 'trace.txt').read_text()), 'no entropy was asked for')
    return run


PAIRWISE = pairwise(all_ways())
TESTS += [Test(f'guest/virtio/{way.name}', run_on(way), full_only=way not in PAIRWISE) for way in all_ways()]


def ends(machine, suffix, how):
    @test(f'guest/virtio/end/{machine}/{how}')
    def run(ctx):
        """whichever way the machine ends or starts anew, every device is reset before"""
        disk, trace = ctx.tmp / 'disk.img', ctx.tmp / 'trace.txt'
        disk.write_bytes(bytes(1 << 20))
        options = ['-drive', f'if=none,id=d0,format=raw,file={disk}', '-device', f'virtio-blk-{suffix},drive=d0',
                   '-netdev', 'user,id=n0', '-device', f'virtio-net-{suffix},netdev=n0', '-device', f'virtio-scsi-{suffix}',
                   '-trace', 'virtio_set_status', '-D', str(trace)]
        with Guest(Machine(image=program(ctx, 'exit_status', '--with', 'net'), machine=machine, arguments=[how, '0'], extra=options)) as guest:
            guest.finish()
        set_status = re.findall(r'virtio_set_status vdev (\S+) val (\d+)', trace.read_text())
        last = dict(set_status)
        require(len({device for device, value in set_status if int(value) & DRIVER_OK}) == 4, 'not every device was in use')
        require(set(last.values()) == {'0'}, f'the last status of each: {last}')


for how in ('return', 'reboot'):
    ends('q35', 'pci', how)
    ends('microvm', 'device', how)

# The smallest queues that QEMU has, and the largest; the other features are as usual.
SIZES = ((4, ''), (8, ',rx_queue_size=512'), (1024, ',rx_queue_size=1024'))
TESTS += [Test(f'guest/virtio/queue-size/{size}/{ring}/{indirect}',
               run_on(Way('q35', 'modern', ring, 'many', 'event', indirect), f',queue-size={size}', net))
          for size, net in SIZES for ring in ('split', 'packed') for indirect in ('indirect', 'direct')]
