# SPDX-License-Identifier: BSD-2-Clause
"""What an image weighs and what its boot costs, in bytes and in guest instructions: both exact, so both are held to a limit."""
import re
import sys

from harness import ROOT, app, require, run_tool, test

sys.path.insert(0, str(ROOT / 'bench'))

import boot_insns  # noqa: E402  (the path comes first)

TESTS = []

BARE = ['-nodefaults', '-display', 'none', '-serial', 'stdio', '-m', '128']
ADDRESS = 'ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off'


def size_test(name, limit):
    @test(f'guest/cost/size/{name}')
    def run(ctx):
        """loaded bytes without the symbol table"""
        text = run_tool([ctx.root / 'tools/thimble', 'size', app(ctx, name)])
        size = int(re.search(r'^ *(\d+) the same without its symbol table', text, re.M).group(1))
        require(size <= limit, f'{size} bytes, more than {limit}')


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


size_test('hello', 160 << 10)
size_test('httpd', 600 << 10)
for machine in ('q35', 'pc', 'microvm'):
    boot_test('hello', 'hello', machine, 200_000)
boot_test('devices', 'httpd', 'q35', 1_000_000, all_devices)
