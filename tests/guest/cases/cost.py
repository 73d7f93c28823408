# SPDX-License-Identifier: BSD-2-Clause
"""What an image weighs and what its boot costs, in bytes and in guest instructions: both exact, so both are held to a limit."""
import http.client
import re
import socket
import sys
import threading
import time

from harness import ROOT, app, free_port, program, require, run_tool, test, thimble_build

sys.path.insert(0, str(ROOT / 'bench'))

import boot_insns  # noqa: E402  (the path comes first)

TESTS = []

BARE = ['-nodefaults', '-display', 'none', '-serial', 'stdio', '-m', '128']
ADDRESS = 'ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off'


def loaded_bytes(ctx, image):
    """without the symbol table"""
    text = run_tool([ctx.root / 'tools/thimble', 'size', image])
    return int(re.search(r'^ *(\d+) the same without its symbol table', text, re.M).group(1))


def size_test(name, limit):
    @test(f'guest/cost/size/{name}')
    def run(ctx):
        """loaded bytes without the symbol table"""
        size = loaded_bytes(ctx, app(ctx, name))
        require(size <= limit, f'{size} bytes, more than {limit}')


DEBUGGER_LIMIT = 96 << 10


@test('guest/cost/size/hello-small')
def small(ctx):
    """without the drivers that an image can do without"""
    options = [f'--without={name}' for name in ('scsi', 'console', 'balloon')]
    size = loaded_bytes(ctx, thimble_build(ctx, [ctx.root / 'apps/hello'], ctx.tmp / 'small.elf', *options))
    require(size <= 160 << 10, f'{size} bytes, more than {160 << 10}')


@test('guest/cost/debugger')
def debugger(ctx):
    """what --with debug adds to an image, and to its boot; without it the hooks alone are there"""
    plain, whole = app(ctx, 'hello'), thimble_build(ctx, [ctx.root / 'apps/hello'], ctx.tmp / 'hello.elf', '--with', 'debug')
    sizes = [loaded_bytes(ctx, image) for image in (plain, whole)]
    steps = [boot_insns.count(str(image), ['qemu-system-x86_64', '-M', 'q35', *BARE, '-kernel', str(image)], str(ctx.sdk))[0]
             for image in (plain, whole)]
    print(f'hello: {sizes[0]} bytes, {steps[0]} instructions; with the debugger {sizes[1]} bytes, {steps[1]} instructions')
    require(sizes[1] - sizes[0] <= DEBUGGER_LIMIT, f'the debugger takes {sizes[1] - sizes[0]} bytes, more than {DEBUGGER_LIMIT}')


def boot_test(name, image, machine, limit, devices=lambda ctx: []):
    @test(f'guest/cost/boot/{name}/{machine}')
    def run(ctx):
        """instructions from the image's entry to main()"""
        path = str(app(ctx, image))
        command = ['qemu-system-x86_64', '-M', machine, *BARE, '-kernel', path, *devices(ctx)]
        total, by_function = boot_insns.count(path, command, str(ctx.sdk))
        require(total <= limit, f'{total} instructions, more than {limit}; most of them in {by_function.most_common(8)}')


def all_devices(ctx):
    disk = ctx.tmp / 'disk.img'
    with open(disk, 'wb') as f:
        f.truncate(1 << 20)
    return ['-netdev', 'user,id=n0,restrict=on', '-device', 'virtio-net-pci,netdev=n0,romfile=', '-device', 'virtio-rng-pci',
            '-drive', f'if=none,id=d0,format=raw,file={disk}', '-device', 'virtio-blk-pci,drive=d0', '-append', ADDRESS]


ABOVE_4_GIB = 3500  # a second range of RAM, and tables for two GiB more: its first, and the one with ACPI in it


def memory_test(cpu):
    @test(f'guest/cost/memory/{cpu}')
    def run(ctx):
        """starting with more memory costs no more instructions; qemu64 has no pages of 1 GiB, max has"""
        path = str(app(ctx, 'hello'))

        def start(size):
            command = ['qemu-system-x86_64', '-M', 'q35', '-cpu', cpu, *BARE, '-m', size, '-kernel', path]
            return boot_insns.count(path, command, str(ctx.sdk))[0]
        small, low, high, huge = start('256M'), start('1G'), start('3G'), start('12G')
        print(f'{small}, {low}, {high}, {huge} instructions with 256 MiB, 1, 3 and 12 GiB')
        require(low - small <= 200 and huge - high <= 200 and huge - small <= ABOVE_4_GIB,
                f'{small}, {low}, {high}, {huge} instructions with 256 MiB, 1, 3 and 12 GiB')


WARM, ASKED = 50, 100  # requests before the count, and in it
REQUEST_LIMIT = 33_000


def keep_asking(port, ended):
    """Requests one by one on one connection, from when the guest answers until it has ended."""
    while not ended.is_set():
        client = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
        try:
            while not ended.is_set():
                client.request('GET', '/style.css')
                client.getresponse().read()
        except (OSError, http.client.HTTPException):
            client.close()
            time.sleep(0.1)


@test('guest/cost/request')
def request_cost(ctx):
    """instructions from one keep-alive request to the next, the network's among them"""
    path, port, ended = str(app(ctx, 'httpd')), free_port(), threading.Event()
    command = ['qemu-system-x86_64', '-M', 'q35', *BARE, '-kernel', path, '-append', ADDRESS,
               '-netdev', f'user,id=n0,hostfwd=tcp:127.0.0.1:{port}-:8080', '-device', 'virtio-net-pci,netdev=n0,romfile=']
    client = threading.Thread(target=keep_asking, args=(port, ended), daemon=True)
    client.start()
    try:
        total, by_function = boot_insns.count(path, command, str(ctx.sdk), to='serve', skip=WARM, times=ASKED, timeout=100,
                                              sleep='on')
    finally:
        ended.set()
        client.join()
    require(total <= REQUEST_LIMIT * ASKED, f'{total // ASKED} instructions a request, more than {REQUEST_LIMIT}; '
                                            f'most of {ASKED} in {by_function.most_common(12)}')


DRIVER = re.compile(r':(?:virtio\w*|virtqueue\w*|blkdev)\.o:\w+ [tT] (\w+)$', re.M)
ABOVE = {'blk_read', 'blk_write', 'transfer', 'next_pieces', 'blk_wait'}  # who makes a request of a read, and waits
ENTRY = {'message'}  # the interrupt's way to the queue that it is of
ALIKE = {'poll', 'spin_lock', 'spin_unlock'}  # functions of these names are others' here: the path has its locks inline
BLOCK_LIMITS = {'split': 670, 'packed': 740}
RINGS = {'split': [], 'packed': ['packed=on'], 'split-no-indirect': ['indirect_desc=off'], 'packed-no-indirect': ['packed=on', 'indirect_desc=off'],
         'split-no-event-idx': ['event_idx=off'], 'packed-no-event-idx': ['packed=on', 'event_idx=off']}


def driver_functions(ctx):
    """the block path's own: blkdev, the driver, its rings and transports"""
    libraries = [ctx.sdk / 'lib' / name for name in ('libkernel.a', 'libnetdrivers.a')]
    return set(DRIVER.findall(run_tool(['nm', '-A', '--defined-only', *libraries]))) - ABOVE - ENTRY - ALIKE


def judge(ctx, what, limits, ring, whole, by_function):
    """Counted is what runs in driver, rings and transport; of the rest one wants to know how much it is."""
    counted = driver_functions(ctx)
    ours = {name: n // ASKED for name, n in by_function.items() if name in counted}
    total, limit = sum(ours.values()), limits[ring.split('-')[0]]
    print(f'{total} instructions for each {what}, {whole // ASKED} with all that leads there: {ours}')
    require(total <= limit, f'{total} instructions a {what}, more than {limit}: {ours}')


def block_cost(ring, options):
    @test(f'guest/cost/block/{ring}')
    def run(ctx):
        """instructions for one block request in blkdev, driver, ring and transport: from blk_submit() to the kick, and back through the drain"""
        disk, path = ctx.tmp / 'disk.img', str(program(ctx, 'block_cost'))
        with open(disk, 'wb') as f:
            f.truncate(1 << 20)
        command = ['qemu-system-x86_64', '-M', 'q35', *BARE, '-kernel', path, '-drive', f'if=none,id=d0,format=raw,file={disk}',
                   '-device', ','.join(['virtio-blk-pci', 'drive=d0', *options])]
        whole, by_function = boot_insns.count(path, command, str(ctx.sdk), to='blk_submit', skip=WARM, times=ASKED, timeout=100, sleep='on')
        judge(ctx, 'request', BLOCK_LIMITS, ring, whole, by_function)


for ring_name, ring_options in RINGS.items():
    block_cost(ring_name, ring_options)

PACKET_LIMITS = {'split': 1280, 'packed': 1390}


def keep_echoing(port, ended):
    """Datagrams one by one, each sent when the one before is back, or seems lost."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        while not ended.is_set():
            try:
                client.sendto(b'x' * 100, ('127.0.0.1', port))
                client.recv(200)
            except OSError:  # nobody is there yet
                time.sleep(0.02)


def packet_cost(ring, options):
    @test(f'guest/cost/packet/{ring}')
    def run(ctx):
        """instructions for a packet received and one sent, in driver, rings and transport: from the interrupt to the stack, from xmit to the kick"""
        path, port, ended = str(program(ctx, 'net_server')), free_port(), threading.Event()
        command = ['qemu-system-x86_64', '-M', 'q35', *BARE, '-kernel', path, '-append', ADDRESS,
                   '-netdev', f'user,id=n0,hostfwd=udp:127.0.0.1:{port}-:7',
                   '-device', ','.join(['virtio-net-pci,netdev=n0,romfile=', *options])]
        client = threading.Thread(target=keep_echoing, args=(port, ended), daemon=True)
        client.start()
        try:
            whole, by_function = boot_insns.count(path, command, str(ctx.sdk), to='vtnet_xmit', skip=WARM, times=ASKED, timeout=100,
                                                  sleep='on')
        finally:
            ended.set()
            client.join()
        judge(ctx, 'pair', PACKET_LIMITS, ring, whole, by_function)


for ring_name, ring_options in RINGS.items():
    packet_cost(ring_name, ring_options)

size_test('hello', 176 << 10)
size_test('httpd', 600 << 10)
for machine in ('q35', 'pc', 'microvm'):
    boot_test('hello', 'hello', machine, 200_000)
for cpu in ('qemu64', 'max'):
    memory_test(cpu)
boot_test('devices', 'httpd', 'q35', 1_000_000, all_devices)


SWITCHES = 1000
PAIRS = 20000


def each(ctx, name, count):
    """instructions for each round of a program: what so many more of them cost"""
    path = str(program(ctx, name))

    def instructions(rounds):
        command = ['qemu-system-x86_64', '-M', 'q35', *BARE, '-kernel', path, '-append', f'-- {rounds}']
        return boot_insns.count(path, command, str(ctx.sdk), to='done')[0]
    return (instructions(count) - instructions(count // 2)) / (count // 2)


@test('guest/cost/switch')
def switch(ctx):
    """instructions for a switch of threads by thread_yield()"""
    switch = each(ctx, 'switch_cost', SWITCHES) / 2  # each round brings the other thread here and back
    print(f'{switch:.1f} instructions for each switch')
    require(switch <= 200, f'{switch:.1f} instructions, more than 200')


@test('guest/cost/mmap')
def mmap(ctx):
    """instructions for a pair of mmap() and munmap() beside 3,000 mappings: no walk over all of them"""
    pair = each(ctx, 'mmap_cost', 200)
    print(f'{pair:.0f} instructions for each pair')
    require(pair <= 80_000, f'{pair:.0f} instructions, more than 80,000: 54,000 of them move the regions behind it')


@test('guest/cost/mutex')
def mutex(ctx):
    """instructions for a pair of pthread_mutex_lock() and pthread_mutex_unlock() that nobody contends, loop and calls included"""
    pair = each(ctx, 'mutex_cost', PAIRS)
    print(f'{pair:.1f} instructions for each pair')
    require(pair <= 40, f'{pair:.1f} instructions, more than 40')
