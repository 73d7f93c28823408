# SPDX-License-Identifier: BSD-2-Clause
"""File trees: the embedded one, devices, ext4 disks whole and broken."""
import os
import random
import stat
import zlib

import http_check
from harness import Boot, Guest, Machine, medium, ovmf, program, require, run_tool, test, thimble_build, PROGRAMS

TESTS = []

ALL_PASSED = ('^all checks passed$',)

TESTS += [Boot('guest/files', 'files', shows=ALL_PASSED),
          Boot('guest/devices', 'devices', shows=('^written to the console$', *ALL_PASSED))]


def kinds_tree(folder):
    """A tree with all that a file system has to get right: names, sizes around block borders, depth, links, a large folder."""
    http_check.make_tree(folder)
    sizes = [0, 1, 59, 60, 61, 1023, 1024, 1025, 4095, 4096, 4097, 12 * 1024, 12 * 4096 + 1, 300_000]
    for size in sizes:
        write(os.path.join(folder, f'sizes/{size}'), http_check.pattern(f's{size}', size))
    write(os.path.join(folder, *[f'level{i}' for i in range(30)], 'deep'), b'deep')
    for number, target in enumerate(('short', 'x' * 59, 'x' * 60, 'x' * 200, '../up', '/absolute')):
        os.symlink(target, os.path.join(folder, f'sizes/link{number}'))
    with open(os.path.join(folder, 'sparse'), 'wb') as f:
        f.seek(5_000_000)
        f.write(b'end')
        f.seek(1_000_000)
        f.write(b'middle')


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(data)
    os.utime(path, (http_check.MODIFIED, http_check.MODIFIED))


def lines_of(folder, shown_as):
    """What programs/tree.c prints for this folder."""
    for parent, dirs, files in os.walk(folder):
        here = shown_as + parent[len(str(folder)):]
        yield f'dir {here}'
        for name in dirs + files:
            path = os.path.join(parent, name)
            st = os.lstat(path)
            if stat.S_ISLNK(st.st_mode):
                yield f'link {here}/{name} {os.readlink(path)}'
            elif stat.S_ISREG(st.st_mode):
                with open(path, 'rb') as f:
                    crc = zlib.crc32(f.read())
                yield f'file {st.st_size} {int(st.st_mtime)} {crc:08x} {here}/{name}'


def compare(console, folder, shown_as, also=()):
    wanted = sorted([*lines_of(folder, shown_as), *also])
    got = sorted(line for line in console.splitlines() if line.split(' ')[0] in ('dir', 'link', 'file', 'other', 'error'))
    missing, extra = sorted(set(wanted) - set(got)), sorted(set(got) - set(wanted))
    require(not missing and not extra, f'{len(missing)} lines missing: {missing[:5]}\n{len(extra)} unexpected: {extra[:5]}')
    require(got == wanted, 'something appears twice')


@test('guest/tree/embedded')
def embedded_tree(ctx):
    """the tree given by --root is the tree the program sees"""
    kinds_tree(str(ctx.tmp / 'root/t'))
    image = thimble_build(ctx, [PROGRAMS / 'tree.c'], ctx.tmp / 'tree.elf', '--root', ctx.tmp / 'root')
    for machine in ('q35', 'microvm'):
        with Guest(Machine(image=image, machine=machine, memory_mib=64, arguments=['/t'])) as guest:
            require(guest.finish() == 0, 'status')
            compare(guest.text, ctx.tmp / 'root/t', '/t')


LARGE = 40 << 20

# How an image boots whose file tree reaches into memory that UEFI firmware keeps.
WAYS = {
    'kernel': lambda ctx, image: {},
    'esp': lambda ctx, image: {
        'instead': ['-drive', f'if=ide,format=raw,file={medium(ctx, image, "img", "-- /t")}'], 'extra': ovmf()},
    'iso-uefi': lambda ctx, image: {'instead': ['-cdrom', str(medium(ctx, image, 'iso', '-- /t'))], 'extra': ovmf()},
}


def large_tree(way):
    @test(f'guest/tree/large/{way}', timeout_s=240)
    def run(ctx):
        """an image with a large file tree inside boots, and the tree is whole"""
        write(str(ctx.tmp / 'root/t/large'), random.Random(1).randbytes(LARGE))
        image = thimble_build(ctx, [PROGRAMS / 'tree.c'], ctx.tmp / 'large.elf', '--root', ctx.tmp / 'root')
        with Guest(Machine(image=image, memory_mib=256, arguments=['/t'], **WAYS[way](ctx, image))) as guest:
            require(guest.finish(200) == 0, 'status')
            compare(guest.text, ctx.tmp / 'root/t', '/t')


for name in WAYS:
    large_tree(name)


def mke2fs(image, size, *options):
    run_tool(['mke2fs', '-q', '-F', '-t', 'ext4', *options, image, size])
    return image


def drive(number, path):
    return ['-drive', f'if=none,id=d{number},format=raw,file={path}', '-device', f'virtio-blk-pci,drive=d{number}']


def walk_disks(ctx, paths, machine='q35'):
    """Mounts each disk and walks its tree. Past the tool, which would refuse the broken ones."""
    points = [f'/d{n}' for n in range(len(paths))]
    mounts = ' '.join(f'mount=/dev/vd{chr(ord("a") + n)}:{point}' for n, point in enumerate(points))
    return Guest(Machine(image=program(ctx, 'tree', '--with', 'ext4'), machine=machine, append=mounts, arguments=points,
                         extra=[word for n, path in enumerate(paths) for word in drive(n, path)]))


@test('guest/tree/ext4', timeout_s=180)
def ext4_tree(ctx):
    """an ext4 disk as mke2fs makes it, with each block size, is the tree it was made from"""
    folder = ctx.tmp / 't'
    kinds_tree(str(folder))
    for block_size in (1024, 2048, 4096):
        disk = mke2fs(ctx.tmp / f'{block_size}.img', '64M', '-b', str(block_size), '-d', folder)
        for machine in ('q35', 'pc') if block_size == 4096 else ('q35',):
            with walk_disks(ctx, [disk], machine) as guest:
                require(guest.finish() == 0, 'status')
                compare(guest.text, folder, '/d0', ['dir /d0/lost+found'])


# --- broken disks: (name, what is done to a good one) ---

def overwrite(path, at, data):
    with open(path, 'r+b') as f:
        f.seek(at)
        f.write(data)


def flip(seed, start, end, count):
    def damage(path):
        rng = random.Random(seed)
        for _ in range(count):
            overwrite(path, rng.randrange(start, end), bytes([rng.randrange(256)]))
    return damage


def cut(size):
    return lambda path: os.truncate(path, size)


# 1 KiB blocks: block 1 is the superblock, block 2 the group descriptors; the first 4 MiB hold the metadata of the first group.
UNMOUNTABLE = {
    'no magic': lambda path: overwrite(path, 1024 + 0x38, b'\0\0'),
    'superblock checksum': lambda path: overwrite(path, 1024 + 0x78, b'renamed'),
    'block size of 2^40': lambda path: overwrite(path, 1024 + 0x18, b'\x1e\0\0\0'),
    'only zeros': lambda path: overwrite(path, 0, bytes(1 << 20)),
    'shorter than a superblock': cut(1536),
    'group descriptors': lambda path: overwrite(path, 2048, b'\xff' * 1024),
}
DAMAGED = {
    'half of it missing': cut(8 << 20),
    **{f'metadata bytes {seed}': flip(seed, 8192, 4 << 20, 4000) for seed in range(8)},
    **{f'any bytes {seed}': flip(100 + seed, 2048 + 1024, 16 << 20, 20000) for seed in range(4)},
}


def broken_disks(ctx, damages):
    folder = ctx.tmp / 't'
    http_check.make_tree(str(folder))
    good = mke2fs(ctx.tmp / 'good.img', '16M', '-b', '1024', '-d', folder).read_bytes()
    for number, damage in enumerate(damages.values()):
        path = ctx.tmp / f'{number}.img'
        path.write_bytes(good)
        damage(path)
        yield path


@test('guest/ext4/unmountable')
def unmountable(ctx):
    """what is no usable ext4 file system gets a line that names the device, and the program runs on"""
    paths = list(broken_disks(ctx, UNMOUNTABLE))
    with walk_disks(ctx, paths) as guest:
        require(guest.finish() == 0, 'status')
        for number, name in enumerate(UNMOUNTABLE):
            said = [l for l in guest.text.splitlines() if f'vd{chr(ord("a") + number)}' in l]
            require(said, f'no line about the disk with {name}')
            require(f'/d{number}/' not in guest.text, f'the disk with {name} was mounted')
        guest.expect('^end of tree')


@test('guest/ext4/damaged', timeout_s=180)
def damaged(ctx):
    """damage inside a file system gives errors for what it hit, never a crash or a hang, and the undamaged rest stays readable"""
    paths = list(broken_disks(ctx, DAMAGED))
    with walk_disks(ctx, paths) as guest:
        require(guest.finish(150) == 0, 'status')
        guest.expect('^end of tree, [1-9][0-9]* errors$')
        require(guest.text.count('\nfile ') > 100, 'hardly anything is left')


@test('guest/ext4/read-only')
def read_only(ctx):
    """the disk is as it was after a guest has read it all"""
    folder = ctx.tmp / 't'
    http_check.make_tree(str(folder))
    disk = mke2fs(ctx.tmp / 'disk.img', '16M', '-d', folder)
    before = disk.read_bytes()
    with walk_disks(ctx, [disk]) as guest:
        require(guest.finish() == 0, 'status')
    require(disk.read_bytes() == before, 'the disk has changed')
    run_tool(['e2fsck', '-fn', disk])
