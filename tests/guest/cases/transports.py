# SPDX-License-Identifier: BSD-2-Clause
"""Disk and network over each transport that QEMU has: machines, interfaces of 1.0 and of before, messages and lines."""
import dataclasses

from cases.disk import check_turned, finish
from cases.network import echo_datagram, echo_stream, pattern as bytes_of, quit_server, udp_socket
from disk_pattern import pattern
from harness import Guest, Machine, program, require, serving, test
from thimblelib.disk import Disk

TESTS = []

LEGACY = ',disable-modern=on,disable-legacy=off'
POLLED = 'looking at its queues'


@dataclasses.dataclass
class Way:
    """How the devices of a machine are connected."""
    name: str
    machine: str
    transport: str               # what the log calls it
    options: str = ''            # of each device
    root_ports: bool = False
    mmio: bool = False
    append: str = ''
    extra: tuple[str, ...] = ()
    polled: bool = False         # no interrupt can be had

    def device(self, number, words):
        """A -device argument of the usual machine, here."""
        if self.mmio:
            return words.replace('-pci', '-device', 1).replace(',romfile=', '')
        return words + self.options + (f',bus=port{number}' if self.root_ports else '')


@dataclasses.dataclass
class Connected(Machine):
    way: Way | None = None

    def command(self):
        argv = super().command()
        argv[argv.index('-M') + 1] = self.way.machine
        virtio = [i for i in range(1, len(argv)) if argv[i - 1] == '-device' and argv[i].startswith('virtio-')]
        for number, i in enumerate(virtio):
            argv[i] = self.way.device(number, argv[i])
        ports = [word for n in range(len(virtio)) if self.way.root_ports
                 for word in ('-device', f'pcie-root-port,id=port{n},bus=pcie.0,chassis={n + 1},slot={n + 1}')]
        return argv[:1] + ports + [*self.way.extra] + argv[1:]


def machine_of(ctx, way, name, disks=()):
    return Connected(image=program(ctx, name), append=' '.join(['loglevel=7', way.append]).strip(), disks=list(disks), way=way)


def check_log(guest, way, driver):
    require(f'{driver} {way.transport} ' in guest.text, f'{driver} is not driven as {way.transport}')
    require((POLLED in guest.text) == way.polled, 'interrupts are not as expected')


def rows(way):
    @test(f'guest/transport/disk/{way.name}')
    def disk(ctx):
        """every word is where it was put, read and written in requests of all sizes by several threads"""
        data = pattern(ctx).read_bytes()
        path = ctx.tmp / 'disk.img'
        path.write_bytes(data)
        with Guest(machine_of(ctx, way, 'block', [Disk(str(path))])) as guest:
            finish(guest, 100)
            check_log(guest, way, 'vda: virtio-blk')
        check_turned(data, path.read_bytes())

    @test(f'guest/transport/net/{way.name}')
    def net(ctx):
        """streams and datagrams come back as they were sent"""
        with serving(machine_of(ctx, way, 'net_server'), [7, '7/udp'], '^ready$') as (guest, (tcp, udp_port)), \
                udp_socket(udp_port) as udp:
            echo_stream(tcp, bytes_of(300_000))
            for size in (1, 100, 1472):
                echo_datagram(udp, bytes_of(size))
            require(quit_server(guest, udp) == 1, 'some connection was not counted')
            check_log(guest, way, 'vtnet0: virtio-net')


V2 = ('-global', 'virtio-mmio.force-legacy=false')
for each in (
    Way('pc-legacy', 'pc', 'legacy', LEGACY),
    Way('pc-legacy-line', 'pc', 'legacy', LEGACY + ',vectors=0'),
    Way('pc-legacy-1-vector', 'pc', 'legacy', LEGACY + ',vectors=1'),
    Way('pc-line', 'pc', '1.0', ',vectors=0'),
    Way('pc-legacy-by-choice', 'pc', 'legacy', append='hw.virtio.legacy=1'),
    Way('q35-legacy-line', 'q35', 'legacy', LEGACY + ',vectors=0'),
    Way('q35-line', 'q35', '1.0', ',vectors=0'),
    Way('q35-1-vector', 'q35', '1.0', ',vectors=1'),
    Way('q35-port-notify', 'q35', '1.0', ',modern-pio-notify=on'),
    Way('q35-page-per-queue', 'q35', '1.0', ',page-per-vq=on,vectors=2048'),
    Way('root-port', 'q35', '1.0', root_ports=True),
    Way('root-port-line', 'q35', '1.0', ',vectors=0', root_ports=True),
    Way('root-port-legacy', 'q35', 'legacy', LEGACY, root_ports=True),
    Way('microvm-pci-line', 'microvm,pcie=on', '1.0', ',vectors=0', polled=True),
    Way('microvm', 'microvm', '1.0', mmio=True, extra=V2),
    Way('microvm-one-ioapic', 'microvm,ioapic2=off', '1.0', mmio=True, extra=V2),
    Way('microvm-legacy', 'microvm', 'legacy', mmio=True),
    Way('microvm-without-acpi', 'microvm,acpi=off', '1.0', mmio=True, extra=V2),
    Way('microvm-without-acpi-legacy', 'microvm,acpi=off', 'legacy', mmio=True,
        append='virtio_mmio.device=512@0xfeb00e00:12 virtio_mmio.device=512@0xfeb00c00:11 virtio_mmio.device=512@0xfeb00a00:10'),
):
    rows(each)
