#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A tree of some thousand files of all sizes: made here, fetched over HTTP by curl or wget, compared byte for byte.

    http_tree.py make DIR MEGABYTES
    http_tree.py fetch DIR PORT INTO
"""
import filecmp
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.parse

FILES = 3000
PARALLEL = 8
REAL_TREES = ('/usr/share/doc', '/usr/include', '/usr/share/perl')  # a Debian that can build Thimble has them


def make(root, megabytes):
    """Half of it real files (as many as this machine has), half of it random bytes from a fixed seed."""
    budget = megabytes << 20
    used = copy_real(os.path.join(root, 'real'), budget // 2)
    make_random(os.path.join(root, 'random'), budget - used)


def copy_real(root, budget):
    used = 0
    for tree in REAL_TREES:
        for parent, _, files in os.walk(tree):
            for name in sorted(files):
                source = os.path.join(parent, name)
                if os.path.islink(source) or not os.path.isfile(source) or not os.access(source, os.R_OK):
                    continue
                used += os.path.getsize(source)
                if used > budget:
                    return used - os.path.getsize(source)
                target = root + source
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copyfile(source, target)
    return used


def sizes(rng, budget):
    """Block borders, a few large files, and the rest spread over orders of magnitude, as in real trees."""
    fixed = [0, 1, 1023, 1024, 1025, 4095, 4096, 4097, 65536, 1 << 20, min(20_000_000, budget // 3)]
    weights = [10 ** rng.uniform(0, 6) for _ in range(FILES - len(fixed))]
    scale = (budget - sum(fixed)) / sum(weights)
    return fixed + [int(weight * scale) for weight in weights]


def make_random(root, budget):
    rng = random.Random(1)
    folders = ['', 'a', 'a/b', 'a/b/c', 'deep/' + '/'.join('abcdefgh'), 'with space', 'ümläut']
    for number, size in enumerate(sizes(rng, budget)):
        folder = os.path.join(root, 'large' if number % 2 else folders[number // 2 % len(folders)])
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f'file {number}' if number % 50 == 0 else f'file{number}.bin'), 'wb') as f:
            f.write(rng.randbytes(size))


def files_below(root):
    for parent, _, files in os.walk(root):
        for name in files:
            yield os.path.relpath(os.path.join(parent, name), root)


def write_config(config, paths, port, into):
    with open(config, 'w', encoding='utf-8') as f:
        for path in paths:
            f.write(f'url = "http://127.0.0.1:{port}/{urllib.parse.quote(path)}"\n')
            f.write('output = "{}"\n'.format(os.path.join(into, path).replace('\\', '\\\\').replace('"', '\\"')))


def curl(config):
    return subprocess.Popen(['curl', '--no-progress-meter', '--fail', '--create-dirs', '--globoff', '--config', config])


def fetch(root, port, into):
    """PARALLEL curls share the files out, each on one connection. The next starts when the last is connected: QEMU's
    listener has room for one connection that it has not passed on yet, and a burst beyond that would wait for retransmissions."""
    paths, processes = sorted(files_below(root)), []
    for number in range(PARALLEL):
        share = paths[number::PARALLEL]
        config = f'{into}.curl{number}'
        write_config(config, share, port, into)
        processes.append(curl(config))
        while share and not os.path.exists(os.path.join(into, share[0])) and processes[-1].poll() is None:
            time.sleep(0.01)
    return [p.wait() for p in processes]


def wget(root, port, into):
    """By the links of the listings. They go no further where a folder has an index.html of its own."""
    command = ['wget', '--quiet', '--recursive', '--level=inf', '--no-parent', '--no-host-directories', '--restrict-file-names=nocontrol',
               '--reject=index.html', f'--directory-prefix={into}', f'http://127.0.0.1:{port}/{root}/']
    return subprocess.run(command, check=False).returncode


def compare(root, into):
    """Every file of root is in into, byte for byte; returns how many there are."""
    paths = list(files_below(root))
    wrong = [p for p in paths if not os.path.exists(os.path.join(into, p)) or
             not filecmp.cmp(os.path.join(root, p), os.path.join(into, p), shallow=False)]
    if wrong:
        raise AssertionError(f'{len(wrong)} of {len(paths)} files missing or different: {wrong[:10]}')
    return len(paths)


def fetch_and_compare(root, port, into):
    codes = fetch(root, port, into)
    print(f'{compare(root, into)} files')
    if any(codes):
        raise AssertionError(f'curl: statuses {codes}')


def main(argv):
    if argv[:1] == ['make'] and len(argv) == 3:
        make(argv[1], int(argv[2]))
    elif argv[:1] == ['fetch'] and len(argv) == 4:
        fetch_and_compare(argv[1], int(argv[2]), argv[3])
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main(sys.argv[1:])
