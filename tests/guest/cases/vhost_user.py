# SPDX-License-Identifier: BSD-2-Clause
"""Devices that QEMU did not write: qemu-storage-daemon's disk, which is libvhost-user's ring, and DPDK's network."""
import contextlib
import subprocess
import time

from disk_pattern import half_turned, whole
from harness import Guest, Machine, program, require, test
from thimblelib import qemu

TESTS = []

NETMASK = '255.255.255.0::eth0:off'
SERVER, CLIENT = '10.0.2.2', '10.0.2.15'


class SharedMemory(Machine):
    """The other process sees the guest's memory."""

    def machine_arguments(self):
        return ['-object', f'memory-backend-memfd,id=memory,size={self.memory_mib}M,share=on',
                '-M', f'{qemu.MACHINES[self.machine]},memory-backend=memory']


def wait_for(paths, process, what):
    deadline = time.monotonic() + 60
    while not all(path.exists() for path in paths):
        require(process.poll() is None and time.monotonic() < deadline, f'{what} does not start')
        time.sleep(0.05)


@contextlib.contextmanager
def running(argv, sockets, ctx):
    """A device process, from when its sockets are there to when the machine has ended."""
    log = ctx.tmp / f'{argv[0]}.log'
    with open(log, 'wb') as output, subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=output, stderr=output) as process:
        try:
            wait_for(sockets, process, argv[0])
            yield
        except BaseException:
            print(log.read_text(errors='replace')[-1000:])
            raise
        finally:
            process.terminate()


def storage_daemon(disk, socket, queues):
    return ['qemu-storage-daemon', '--blockdev', f'driver=file,node-name=file,filename={disk}',
            '--blockdev', 'driver=raw,node-name=disk,file=file',
            '--export', 'type=vhost-user-blk,id=export,node-name=disk,writable=on,addr.type=unix,'
                        f'addr.path={socket},num-queues={queues}']


def disk_options(socket, options):
    return ['-chardev', f'socket,id=disk,path={socket}', '-device', f'vhost-user-blk-pci,chardev=disk{options}']


def testpmd(*sockets):
    """A wire between two machines. It looks all the time, so one core is enough for it."""
    ports = [word for number, socket in enumerate(sockets)
             for word in ('--vdev', f'net_vhost{number},iface={socket},queues=1')]
    return ['dpdk-testpmd', '-l', '0-1', '--no-huge', '-m', '256', '--no-pci', '--no-telemetry', *ports, '--',
            '--forward-mode=io', '--port-topology=paired', '--auto-start', '--total-num-mbufs=4096', '--no-mlockall']


# By interrupt line: QEMU 7.2 itself crashes without KVM where a vhost network device has MSI-X
# (virtio_set_status > vhost_net_start > msix_set_vector_notifiers).
def net_options(socket, options):
    return ['-chardev', f'socket,id=net,path={socket}', '-netdev', 'vhost-user,id=net,chardev=net,queues=1',
            '-device', f'virtio-net-pci,netdev=net,romfile=,disable-legacy=on,vectors=0{options}']


def work(ctx, disk_words, net_words, server_words):
    """A client with both devices, a server at the other end of the wire."""
    disk, sockets = ctx.tmp / 'disk.img', [ctx.tmp / name for name in ('disk.sock', 'client.sock', 'server.sock')]
    disk.write_bytes(whole())
    server = SharedMemory(image=program(ctx, 'net_server'), extra=net_options(sockets[2], server_words), append=f'ip={SERVER}:::{NETMASK}')
    client = SharedMemory(image=program(ctx, 'virtio_io'), append=f'loglevel=7 ip={CLIENT}:::{NETMASK}', arguments=[SERVER, '7'],
                          extra=[*disk_options(sockets[0], disk_words), *net_options(sockets[1], net_words)])
    with (running(storage_daemon(disk, sockets[0], 1), sockets[:1], ctx), running(testpmd(*sockets[1:]), sockets[1:], ctx),
          Guest(server) as serving):
        serving.expect('^ready$')
        with Guest(client) as guest:
            code = guest.finish(100)
            guest.expect('^all checks passed$', 0)
            require(code == 0, f'status {code}')
            text = guest.text
    require(disk.read_bytes() == half_turned(), 'the disk is not as the guest left it')
    return text


@test('guest/vhost-user/split', weight=2, timeout_s=200)
def split(ctx):
    """split rings: a disk of two processes, streams through DPDK"""
    text = work(ctx, '', '', '')
    require('+RING_PACKED' not in text, 'a packed ring')


@test('guest/vhost-user/packed', weight=2, timeout_s=200)
def packed(ctx):
    """packed rings against DPDK's, at both ends of the wire; the disk has none, and small queues instead"""
    text = work(ctx, ',queue-size=64,event_idx=off,indirect_desc=off', ',packed=on', ',packed=on')
    require('+RING_PACKED' in text, 'no packed ring')


@test('guest/vhost-user/interrupt-line', weight=2, timeout_s=200)
def interrupt_line(ctx):
    """all devices without messages: what two other processes do becomes levels on lines"""
    work(ctx, ',vectors=0', ',packed=on', ',event_idx=off,indirect_desc=off')
