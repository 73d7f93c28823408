# SPDX-License-Identifier: BSD-2-Clause
"""httpd: every behaviour, on this machine and in the guest; and whole trees fetched and compared."""
import contextlib
import subprocess


import http_check
import http_tree
from harness import Machine, app, require, run_tool, serving, test, thimble_build
from thimblelib.disk import Disk

TESTS = []

IDLE_S = 3  # httpd -t where the timeout itself is checked; everywhere else it is out of the way
READY = '^httpd: serving /srv on port 8080$'


def check(port):
    failures = http_check.run_checks('127.0.0.1', port)
    require(failures == 0, f'{failures} checks failed')


@contextlib.contextmanager
def on_this_machine(*argv):
    """The port of a server that runs here; it has to survive."""
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        yield int(server.stdout.readline().split()[-1])
        require(server.poll() is None, f'the server has ended: {server.returncode}')
    finally:
        server.kill()
        server.wait()


@test('httpd/linux', timeout_s=180)
def sanitized(ctx):
    """httpd compiled for this machine, under the sanitizers; also with hardly any descriptors"""
    binary, tree = ctx.tmp / 'httpd', ctx.tmp / 'tree'
    run_tool(['gcc', '-std=gnu11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-fsanitize=address,undefined',
              '-fno-sanitize-recover=all', *(ctx.root / 'apps/httpd').glob('*.c'), '-o', binary])
    http_check.make_tree(str(tree))
    with on_this_machine(binary, tree, '0') as port:
        check(port)
    with on_this_machine(binary, '-t', str(IDLE_S), tree, '0') as port:
        http_check.check_idle(http_check.Server('127.0.0.1', port), IDLE_S)
    with on_this_machine('prlimit', '--nofile=20', binary, '-t', str(IDLE_S), tree, '0') as port:
        starve(port)


def starve(port):
    """More connections than the server has descriptors: it turns the newest away, and serves again when there are fewer."""
    server = http_check.Server('127.0.0.1', port)
    crowd = [server.connect() for _ in range(60)]
    for client in crowd[:5]:
        client.send('GET /one HTTP/1.1\r\nHost: t\r\n\r\n')
        require(client.answer().status in (200, 503), 'the oldest connections are served')
    require(any(client.at_end() for client in crowd[-5:]), 'the newest are turned away')
    for client in crowd:
        client.sock.close()
    server.alive()


def embedded(ctx):
    """(image, disks): the tree of the checks inside the image"""
    http_check.make_tree(str(ctx.tmp / 'root/srv'))
    return thimble_build(ctx, [ctx.root / 'apps/httpd'], ctx.tmp / 'httpd.elf', '--root', ctx.tmp / 'root'), []


def on_disk(ctx):
    """(image, disks): the same on an ext4 disk"""
    http_check.make_tree(str(ctx.tmp / 'tree'))
    return app(ctx, 'httpd'), [ext4(ctx.tmp / 'disk.img', 32, ctx.tmp / 'tree')]


def ext4(image, megabytes, tree):
    run_tool(['mke2fs', '-q', '-F', '-t', 'ext4', '-d', tree, image, f'{megabytes}M'])
    return Disk(str(image), '/srv')


def on_guest(machine, source, cpus=1):
    @test(f'guest/http/{source.__name__}/{machine}' + (f'/{cpus}' if cpus > 1 else ''), weight=min(cpus, 2), timeout_s=240)
    def run(ctx):
        """httpd in the guest"""
        image, disks = source(ctx)
        machine_ = Machine(image=image, machine=machine, cpus=cpus, disks=disks, arguments=['-t', '120'])
        with serving(machine_, [8080], READY) as (_, ports):
            check(*ports)


for where in ('q35', 'pc', 'microvm'):
    on_guest(where, embedded)
on_guest('q35', on_disk)
on_guest('q35', on_disk, cpus=2)
on_guest('microvm', embedded, cpus=4)


@test('guest/http/idle')
def idle(ctx):
    """httpd's timeout in the guest"""
    image, _ = embedded(ctx)
    with serving(Machine(image=image, arguments=['-t', str(IDLE_S)]), [8080], READY) as (_, (port,)):
        http_check.check_idle(http_check.Server('127.0.0.1', port), IDLE_S)


def whole_tree(machine, megabytes, cpus=1, full_only=False):
    @test(f'guest/http/tree-of-{megabytes}-MB/{machine}' + (f'/{cpus}' if cpus > 1 else ''), weight=2, timeout_s=300 + 10 * megabytes, full_only=full_only)
    def run(ctx):
        """thousands of files of all sizes on a disk, fetched in parallel, are what was put there"""
        tree = ctx.tmp / 'tree'
        http_tree.make(str(tree), megabytes)
        disk = ext4(ctx.tmp / 'disk.img', megabytes * 5 // 4 + 64, tree)
        machine_ = Machine(image=app(ctx, 'httpd'), machine=machine, cpus=cpus, disks=[disk])
        with serving(machine_, [8080], READY) as (_, (port,)):
            http_tree.fetch_and_compare(str(tree), port, str(ctx.tmp / 'fetched'))


for where in ('q35', 'pc'):
    whole_tree(where, 60)
    whole_tree(where, 400, full_only=True)
whole_tree('q35', 60, cpus=4, full_only=True)


@test('guest/http/tree-embedded', weight=2, timeout_s=300)
def embedded_tree(ctx):
    """a smaller tree inside the image, by curl and, from listing to listing, by wget"""
    megabytes = 20
    tree = ctx.tmp / 'root/srv'
    http_tree.make(str(tree), megabytes)
    image = thimble_build(ctx, [ctx.root / 'apps/httpd'], ctx.tmp / 'httpd.elf', '--root', ctx.tmp / 'root')
    with serving(Machine(image=image, memory_mib=96 + 2 * megabytes), [8080], READY) as (_, (port,)):
        http_tree.fetch_and_compare(str(tree), port, str(ctx.tmp / 'by-curl'))
        code = http_tree.wget('random', port, str(ctx.tmp / 'by-wget'))
        http_tree.compare(str(tree / 'random'), str(ctx.tmp / 'by-wget/random'))
        require(code == 0, f'wget: status {code}')
