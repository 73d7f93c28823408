# SPDX-License-Identifier: BSD-2-Clause
"""Every way in leads to main(), with the command line's words; and a hello on every machine."""
import re

from harness import Boot, Guest, Machine, app, medium, ovmf, program, require, test, without_multiboot

TESTS = []

WORDS = 'env.HOME=/here -- one "two words"'
SHOWS = (r'^argv\[1\]=\[one\]$', r'^argv\[2\]=\[two words\]$', r'^env\[HOME=/here\]$', '^argc=3 end=1 environ=1')


def check_args(machine, timeout_s=60):
    with Guest(machine) as guest:
        for pattern in SHOWS:
            guest.expect(pattern, timeout_s)
        require(guest.finish() == 0, 'status')


for name in ('q35', 'pc', 'microvm'):
    TESTS.append(Boot(f'guest/boot/kernel/{name}', 'args', ['one', 'two words'], append='env.HOME=/here', machine=name,
                      shows=SHOWS))


# What a shell, a kernel command line or QEMU's option parser might take for its own.
ODD = ['a"b', "it's", '', '\\', '\\"', '$HOME', 'a,b,,c', 'é漢', '--', 'x' * 5000]
ODD_SHOWS = tuple(f'^{re.escape(f"argv[{n}]=[{word}]")}$' for n, word in enumerate(ODD, 1))
TESTS.append(Boot('guest/boot/odd-words', 'args', ODD, shows=(*ODD_SHOWS, f'^argc={len(ODD) + 1} ')))


def pvh_on(name):
    @test(f'guest/boot/pvh/{name}')
    def run(ctx):
        """PVH, of which QEMU makes use where it finds no multiboot header"""
        check_args(Machine(image=without_multiboot(ctx, program(ctx, 'args')), machine=name, append='env.HOME=/here',
                           arguments=['one', 'two words']))


for name in ('q35', 'pc', 'microvm'):
    pvh_on(name)


def cd_on(name):
    @test(f'guest/boot/iso/{name}')
    def run(ctx):
        """a GRUB CD under BIOS"""
        image = program(ctx, 'args')
        check_args(Machine(image=image, machine=name, instead=['-cdrom', str(medium(ctx, image, 'iso', WORDS))]))


for name in ('q35', 'pc'):
    cd_on(name)


@test('guest/boot/iso-uefi', timeout_s=180)
def cd_uefi(ctx):
    """a GRUB CD under UEFI"""
    image = program(ctx, 'args')
    check_args(Machine(image=image, memory_mib=256, instead=['-cdrom', str(medium(ctx, image, 'iso', WORDS))],
                       extra=ovmf()), 150)


@test('guest/boot/esp', timeout_s=180)
def system_partition(ctx):
    """an EFI system partition with the app in BOOTX64.EFI, its command line in a file beside"""
    image = program(ctx, 'args')
    disk = medium(ctx, image, 'img', WORDS)
    check_args(Machine(image=image, memory_mib=256, extra=ovmf(),
                       instead=['-drive', f'if=ide,format=raw,file={disk}']), 150)


def hello_on(name):
    @test(f'guest/hello/{name}')
    def run(ctx):
        """hello says hello and ends with 0"""
        with Guest(Machine(image=app(ctx, 'hello'), machine=name)) as guest:
            require(guest.finish() == 0, 'status')
            require(len(guest.text.splitlines()) == 1 and 'ello' in guest.text, f'it says {guest.text!r}')


for name in ('q35', 'pc', 'microvm'):
    hello_on(name)
