# SPDX-License-Identifier: BSD-2-Clause
"""The command line: tools/thimble build, run, size."""
import argparse
import pathlib
import shlex
import signal
import sys

from . import runner
from .compiler import Compiler, find_sources
from .disk import Disk
from .image import Image
from .linker import PARTS, Linker
from .qemu import MACHINES, Forward, Machine
from .sdk import Sdk
from .status import INTERRUPTED, TERMINATED, Refusal

EXAMPLES = """\
examples:
  tools/thimble build hello.c -o hello.elf                one source
  tools/thimble build myapp/ -o myapp.elf                 a folder of sources; its root/ becomes the file tree
  tools/thimble build web.c util.c --root site -o web.elf several sources, and a file tree inside the image
  tools/thimble build web.c --with ext4 -o web.elf        able to mount ext4 disks
  tools/thimble build web.c --with debug -o web.elf       with the monitor, the gdb stub and traces
  tools/thimble build app.c --cflags "-O3 -DNDEBUG" -o app.elf
  tools/thimble --cflags                                  the compiler flags, for an editor or another build
  tools/thimble size hello.elf                            what takes how many bytes

  tools/thimble run hello.elf                             Ctrl-A X, or the app's exit, ends it
  tools/thimble run web.elf -p 8080:80                    http://127.0.0.1:8080 reaches the app's port 80
  tools/thimble run web.elf -p 8080:80 --disk site.img:/srv -- /srv
  tools/thimble run app.elf --machine microvm -m 16 --smp 2 --append "loglevel=7 env.LANG=C"
  tools/thimble run app.elf --timeout 10 </dev/null       for scripts
  tools/thimble run app.elf --print                       the QEMU command line, to run without this tool

exit status of run:
  the app's own, or 124 timeout, 125 kernel panic, 126 the machine stopped without one, 127 not started
"""


def main(argv):
    try:
        if argv == ["--cflags"]:
            print(shlex.join(Sdk().app_flags))
            return 0
        own, arguments = split_arguments(argv)
        options = parser().parse_args(own)
        options.arguments = arguments
        return options.command(options)
    except Refusal as refusal:
        print(f"thimble: {refusal}", file=sys.stderr)
        return refusal.status
    except KeyboardInterrupt:
        return INTERRUPTED


def split_arguments(argv):
    """What follows `--` belongs to the app, whatever it looks like; a value that begins with a dash belongs to its option."""
    at = argv.index("--") if "--" in argv else len(argv)
    own = []
    for word in argv[:at]:
        if own and own[-1] in ("--cflags", "--append"):
            own[-1] += "=" + word
        else:
            own.append(word)
    return own, argv[at + 1:]


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Refusal(f"{message}; see `tools/thimble --help`")


def parser():
    top = Parser(prog="tools/thimble", description="Build one C program into a bootable image, and run it.",
                 epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(metavar="build|run|size", required=True, parser_class=Parser)
    add_build(commands)
    add_run(commands)
    size = commands.add_parser("size", help="what takes how many bytes of an image")
    size.add_argument("image")
    size.set_defaults(command=print_sizes)
    return top


def add_build(commands):
    build = commands.add_parser("build", help="make an image", epilog=EXAMPLES,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    build.add_argument("sources", nargs="+", metavar="SOURCE", help=".c or .S files, or folders of them")
    build.add_argument("-o", dest="output", metavar="FILE", help="default: the first source's name with .elf")
    build.add_argument("--root", metavar="DIR", help="embed DIR as the image's file tree")
    build.add_argument("--cflags", default="", metavar="FLAGS", help="more compiler flags")
    build.add_argument("--with", dest="parts", action="append", default=[], choices=PARTS,
                       help="include ext4 though the app itself does not mount it, the network though it calls no socket function, or the debugger")
    build.set_defaults(command=build_image)


def add_run(commands):
    run = commands.add_parser("run", help="boot an image in QEMU", epilog=EXAMPLES,
                              usage="tools/thimble run IMAGE [OPTION]... [-- ARG...]",
                              formatter_class=argparse.RawDescriptionHelpFormatter)
    run.add_argument("image", metavar="IMAGE")
    run.add_argument("-p", dest="forwards", action="append", default=[], metavar="HOST:GUEST",
                     help="forward a port of this machine (127.0.0.1) to the guest")
    run.add_argument("-m", dest="memory", type=positive, default=128, metavar="MIB", help="memory (128)")
    run.add_argument("--smp", type=positive, default=1, metavar="N", help="CPUs (1)")
    run.add_argument("--machine", choices=MACHINES, default="q35")
    run.add_argument("--disk", dest="disks", action="append", default=[], metavar="FILE[:MOUNTPOINT]",
                     help="attach a raw disk image, and mount its ext4 file system")
    run.add_argument("--scsi", dest="scsi_disks", action="append", default=[], metavar="FILE[:MOUNTPOINT]",
                     help="the same as a SCSI disk: /dev/sda where --disk makes /dev/vda")
    run.add_argument("--append", default="", metavar="WORDS", help="more of the kernel command line")
    run.add_argument("--print", dest="print_only", action="store_true", help="show the QEMU command line, run nothing")
    run.add_argument("--timeout", type=float, metavar="S", help="stop after S seconds, with status 124")
    run.set_defaults(command=run_image)


def positive(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: not a positive number")
    return int(text)


def build_image(options):
    sources = find_sources(options.sources)
    first = pathlib.Path(options.sources[0])
    output = pathlib.Path(options.output or first.resolve().stem + ".elf")
    root = options.root
    if root is None and first.is_dir() and (first / "root").is_dir():
        root = first / "root"
    sdk = Sdk()
    objects = Compiler(sdk.app_flags + shlex.split(options.cflags), sdk.dir / "apps").compile_all(sources)
    Linker(sdk, objects, root, options.parts).link(output)
    return 0


def run_image(options):
    machine = Machine(
        image=options.image,
        forwards=[Forward.parse(text) for text in options.forwards],
        memory_mib=options.memory,
        cpus=options.smp,
        machine=options.machine,
        disks=[Disk.parse(text) for text in options.disks] + [Disk.parse(text, scsi=True) for text in options.scsi_disks],
        append=options.append,
        arguments=options.arguments,
        terminal=sys.stdin.isatty())
    machine.network = runner.check(machine).has_network
    if options.print_only:
        machine.terminal = True
        sys.stdout.reconfigure(errors="surrogateescape")  # arguments need not be text
        print(shlex.join(machine.command()))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # unwinds, so that QEMU ends too
    with runner.Run(machine) as run:
        status, explanation = run.wait(options.timeout)
    if explanation:
        print(f"thimble: {explanation}", file=sys.stderr)
    return status


def print_sizes(options):
    sections, end = Image(options.image).sizes()
    for name, size in sections:
        print(f"{size:9} {name}")
    table = dict(sections).get(".ksyms", 0)
    print(f"{end:9} the image as loaded, without debug information")
    print(f"{end - table:9} the same without its symbol table")
    return 0
