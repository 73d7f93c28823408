# SPDX-License-Identifier: BSD-2-Clause
"""httpd: every behaviour, on this machine and in the guest; and whole trees fetched and compared."""
import subprocess


import http_check
import http_tree
from harness import Machine, app, require, run_tool, serving, test, thimble_build
from thimblelib.disk import Disk

TESTS = []

IDLE_S = 3  # httpd -t: the checks of its timeout wait so long, and slow machines need some of it


def check(host, port):
    failures = http_check.run_checks(host, port, IDLE_S)
    require(failures == 0, f'{failures} checks failed')


@test('httpd/linux', timeout_s=180)
def on_this_machine(ctx):
    """httpd compiled for this machine, under the sanitizers"""
    binary, tree = ctx.tmp / 'httpd', ctx.tmp / 'tree'
    run_tool(['gcc', '-std=gnu11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-fsanitize=address,undefined',
              '-fno-sanitize-recover=all', *(ctx.root / 'apps/httpd').glob('*.c'), '-o', binary])
    http_check.make_tree(str(tree))
    server = subprocess.Popen([binary, '-t', str(IDLE_S), tree, '0'], stdout=subprocess.PIPE, text=True)
    try:
        check('127.0.0.1', int(server.stdout.readline().split()[-1]))
        require(server.poll() is None, 'the server has ended')
    finally:
        server.kill()
        server.wait()


def on_guest(machine, kind):
    @test(f'guest/http/{kind}/{machine}', timeout_s=240)
    def run(ctx):
        """httpd in the guest"""
        tree = ctx.tmp / 'root/srv'
        http_check.make_tree(str(tree))
        image, disks = app(ctx, 'httpd'), []
        if kind == 'disk':
            disk = ctx.tmp / 'disk.img'
            run_tool(['mke2fs', '-q', '-F', '-t', 'ext4', '-d', tree, disk, '32M'])
            disks = [Disk(str(disk), '/srv')]
        else:
            image = thimble_build(ctx, [ctx.root / 'apps/httpd'], ctx.tmp / 'httpd.elf', '--root', ctx.tmp / 'root')
        with serving(Machine(image=image, machine=machine, disks=disks, arguments=['-t', str(IDLE_S)]), [8080],
                     '^httpd: serving /srv on port 8080$') as (_, (port,)):
            check('127.0.0.1', port)


for where in ('q35', 'pc', 'microvm'):
    on_guest(where, 'embedded')
on_guest('q35', 'disk')


def whole_tree(machine, kind, megabytes, full_only=False):
    @test(f'guest/http/tree/{kind}/{machine}' + ('/full' if full_only else ''), weight=2,
          timeout_s=300 + 10 * megabytes, full_only=full_only)
    def run(ctx):
        """thousands of files of all sizes, fetched in parallel, are what was put there"""
        tree = ctx.tmp / 'root/srv'
        http_tree.make(str(tree), megabytes)
        disks = []
        if kind == 'disk':
            disk = ctx.tmp / 'disk.img'
            run_tool(['mke2fs', '-q', '-F', '-t', 'ext4', '-d', tree, disk, f'{megabytes * 5 // 4 + 64}M'])
            disks = [Disk(str(disk), '/srv')]
            image = app(ctx, 'httpd')
        else:
            image = thimble_build(ctx, [ctx.root / 'apps/httpd'], ctx.tmp / 'httpd.elf', '--root', ctx.tmp / 'root')
        with serving(Machine(image=image, machine=machine, disks=disks, memory_mib=128 + (kind == 'embedded') * 2 * megabytes),
                     [8080], '^httpd: serving') as (_, (port,)):
            http_tree.fetch_and_compare(str(tree), port, str(ctx.tmp / 'fetched'))


for where in ('q35', 'pc'):
    whole_tree(where, 'disk', 60)
    whole_tree(where, 'disk', 400, full_only=True)
whole_tree('q35', 'embedded', 20)
