# SPDX-License-Identifier: BSD-2-Clause
"""Random numbers: where they come from, however little a device gives, and what a battery of tests says of them."""
import collections
import math
import re
import shutil
import subprocess
import zlib

from harness import Guest, Machine, medium, ovmf, program, require, test

TESTS = []


class Bare(Machine):
    """Without the tool's entropy device."""

    def entropy_arguments(self):
        return []


def device(number, options=''):
    return ['-object', f'rng-builtin,id=r{number}', '-device', f'virtio-rng-pci,rng=r{number}{options}']


def seeded(name, extra, how='seeded', cpu='qemu64', **more):
    @test(f'guest/entropy/{name}')
    def run(ctx):
        """whatever the devices do, the machine boots, and random numbers come where something seeds them"""
        words = [*extra, '-cpu', cpu]  # qemu64 has no RDRAND
        with Guest(Bare(image=program(ctx, 'getrandom'), arguments=[how], extra=words, **more)) as guest:
            code = guest.finish()
            guest.expect('^all checks passed$', 0)
            require(code == 0, f'status {code}')


seeded('none', [], 'bare')
seeded('never', device(0, ',max-bytes=0,period=1000'), 'bare')
seeded('late-and-short', device(0, ',max-bytes=1,period=1000'), 'bare')
seeded('short', device(0, ',max-bytes=3,period=10'))
seeded('device', device(0))
seeded('devices', [*device(0, ',max-bytes=0,period=1000'), *device(1), *device(2, ',max-bytes=0,period=1000')])
seeded('cpu', [], cpu='max')


@test('guest/entropy/efi')
def efi(ctx):
    """booted by firmware that has random numbers of its own"""
    image = program(ctx, 'getrandom')
    disk = medium(ctx, image, 'img', 'seeded')
    drive = ['-drive', f'if=none,id=esp,format=raw,file={disk}', '-device', 'virtio-blk-pci,drive=esp']
    machine = Bare(image=image, memory_mib=256, instead=[*ovmf(), *drive], extra=[*device(0), '-cpu', 'qemu64'])
    with Guest(machine) as guest:
        require(guest.finish(110) == 0, 'it failed')
        guest.expect('^all checks passed$', 0)


def drawn(ctx, mib):
    """So much of what getrandom() gives."""
    path = ctx.tmp / 'random.img'
    with open(path, 'wb') as disk:
        disk.truncate(mib << 20)
    words = ['-drive', f'if=none,id=d0,format=raw,cache=unsafe,file={path}', '-device', 'virtio-blk-pci,drive=d0', *device(0)]
    with Guest(Bare(image=program(ctx, 'entropy'), extra=words)) as guest:
        require(guest.finish(800) == 0, 'it failed')
    return path


@test('guest/entropy/spread')
def spread(ctx):
    """no byte value is more frequent than chance has it, and nothing can be compressed"""
    data = drawn(ctx, 8).read_bytes()
    expected = len(data) / 256
    chi = sum((n - expected) ** 2 / expected for n in collections.Counter(data).values())
    deviations = (chi - 255) / math.sqrt(2 * 255)
    require(abs(deviations) < 6, f'chi-square is {chi:.0f}, which is {deviations:.1f} standard deviations off')
    require(len(zlib.compress(data, 1)) > len(data), 'it can be compressed')
    require(len({data[at:at + 16] for at in range(0, len(data), 16)}) == len(data) // 16, 'a block comes twice')


@test('guest/entropy/dieharder', full_only=True, timeout_s=1800)
def dieharder(ctx):
    """dieharder's tests that read no more than 256 MiB, as what comes twice is not random"""
    require(shutil.which('dieharder'), 'dieharder is not installed (`make setup` installs it)')
    path = drawn(ctx, 256)
    for number in (0, 8, 10, 11, 12, 100, 101, 102):
        done = subprocess.run(['dieharder', '-d', str(number), '-g', '201', '-f', str(path)], capture_output=True, text=True, check=False)
        print(done.stdout)
        require(re.search(r'PASSED|WEAK', done.stdout) and 'FAILED' not in done.stdout, f'dieharder -d {number}: {done.stdout}{done.stderr}')
