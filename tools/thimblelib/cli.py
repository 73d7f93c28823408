# SPDX-License-Identifier: BSD-2-Clause
"""The command line: tools/thimble build, run, debug, size, trace, bootchart."""
import argparse
import pathlib
import shlex
import signal
import subprocess
import sys

from . import bootchart, debug, decode, runner, trace
from .compiler import Compiler, find_sources
from .disk import Disk
from .image import Image
from .linker import DRIVERS, PARTS, Linker
from .qemu import MACHINES, Forward, Machine, Port
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
  tools/thimble run app.elf --trace app.trace:sched,block what it does, for `tools/thimble trace` (all events: no :GROUPS)
  tools/thimble run web.elf -p 8080:80 --pcap web.pcapng  every frame, for tshark or wireshark
  tools/thimble run app.elf --print                       the QEMU command line, to run without this tool

  tools/thimble trace app.trace -o trace.json             for https://ui.perfetto.dev or chrome://tracing
  tools/thimble bootchart app.elf -o boot.svg             the boot as a picture, with microseconds and instructions

  tools/thimble debug app.elf                             gdb with the app's symbols, stopped before main()
  tools/thimble debug app.elf --smp 2 --gdb-command "break work" -- ARG

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
        if own and own[-1] in ("--cflags", "--append", "--gdb-command"):
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
    commands = top.add_subparsers(metavar="build|run|debug|size|trace|bootchart", required=True, parser_class=Parser)
    add_build(commands)
    add_run(commands)
    add_debug(commands)
    add_trace(commands)
    add_bootchart(commands)
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
    build.add_argument("--without", dest="without", action="append", default=[], choices=DRIVERS,
                       help="leave a driver out; such a device is a line in the log then")
    build.set_defaults(command=build_image)


def add_machine_command(commands, name, text):
    """One that boots an image, with what it is to run on."""
    command = commands.add_parser(name, help=text, epilog=EXAMPLES, usage=f"tools/thimble {name} IMAGE [OPTION]... [-- ARG...]",
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    add_machine(command)
    return command


def add_run(commands):
    run = add_machine_command(commands, "run", "boot an image in QEMU")
    run.add_argument("--trace", metavar="FILE[:GROUP,...]", help="record what happens, in an image built `--with debug`")
    run.add_argument("--pcap", metavar="FILE", help="record the network's frames (pcapng), likewise")
    run.add_argument("--print", dest="print_only", action="store_true", help="show the QEMU command line, run nothing")
    run.add_argument("--timeout", type=float, metavar="S", help="stop after S seconds, with status 124")
    run.set_defaults(command=run_image)


def add_debug(commands):
    gdb = add_machine_command(commands, "debug", "boot an image in QEMU with gdb on it")
    gdb.add_argument("--qemu-stub", action="store_true", help="use QEMU's stub, which knows CPUs and no threads")
    gdb.add_argument("--gdb-command", dest="gdb_commands", action="append", default=[], metavar="COMMAND",
                     help="for gdb to begin with")
    gdb.set_defaults(command=debug_image)


def add_trace(commands):
    convert = commands.add_parser("trace", help="turn a recorded trace into JSON for Perfetto or Chrome")
    convert.add_argument("file", metavar="FILE", help="what `run --trace FILE` wrote")
    convert.add_argument("-o", dest="output", metavar="JSON", help="default: FILE with .json")
    convert.set_defaults(command=convert_trace)


def add_bootchart(commands):
    chart = commands.add_parser("bootchart", help="draw an image's boot (built `--with debug`) as an SVG",
                                usage="tools/thimble bootchart IMAGE [-o FILE.svg] [OPTION OF run]... [-- ARG...]")
    add_machine(chart)
    chart.add_argument("-o", dest="output", metavar="SVG", help="default: the image's name with .svg")
    chart.set_defaults(command=draw_boot)


def add_machine(run):
    """What debug and bootchart take as well."""
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
    run.add_argument("--port", dest="ports", action="append", default=[], metavar="NAME=SOCKET",
                     help="the app's /dev/virtio-ports/NAME is the socket SOCKET here")
    run.add_argument("--append", default="", metavar="WORDS", help="more of the kernel command line")


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
    Linker(sdk, objects, root, options.parts, options.without).link(output)
    return 0


def machine_of(options, kind=Machine):
    return kind(
        image=options.image,
        forwards=[Forward.parse(text) for text in options.forwards],
        memory_mib=options.memory,
        cpus=options.smp,
        machine=options.machine,
        disks=[Disk.parse(text) for text in options.disks] + [Disk.parse(text, scsi=True) for text in options.scsi_disks],
        ports=[Port.parse(text) for text in options.ports],
        append=options.append,
        arguments=options.arguments)


def add_recorder(machine, name, path, words):
    """A port that ends in a file, and the parameters that have the guest write to it."""
    try:
        open(path, "wb").close()
    except OSError as error:
        raise Refusal(f"{path}: cannot write it: {error.strerror}") from None
    machine.ports.append(Port.to_file(name, path))
    machine.append = f"{words} {machine.append}".strip()


def add_recorders(machine, options):
    if options.trace:
        path, _, groups = options.trace.partition(":")
        add_recorder(machine, bootchart.PORT, path, f"trace={trace.check_groups(groups or 'all')} trace.port={bootchart.PORT}")
    if options.pcap:
        add_recorder(machine, "thimble.pcap", options.pcap, "pcap=thimble.pcap")


def convert_trace(options):
    path = pathlib.Path(options.file)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refusal(f"{path}: cannot read it: {error.strerror}") from None
    target = pathlib.Path(options.output or path.with_suffix(".json"))
    with open(target, "w", encoding="utf-8") as output:
        document = trace.write_json(data, path, output)
    print(f"{target}: {len(document['traceEvents'])} events; {document['otherData']['lost records']} records were lost")
    return 0


def draw_boot(options):
    machine = machine_of(options)
    machine.network = runner.check(machine).has_network
    target = options.output or pathlib.Path(options.image).with_suffix(".svg").name
    print(bootchart.draw(machine, target))
    print(f"drawn in {target}")
    return 0


def run_image(options):
    machine = machine_of(options)
    machine.terminal = sys.stdin.isatty()
    add_recorders(machine, options)
    machine.network = runner.check(machine).has_network
    if options.print_only:
        machine.terminal = True
        sys.stdout.reconfigure(errors="surrogateescape")  # arguments need not be text
        print(shlex.join(machine.command()))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # unwinds, so that QEMU ends too
    with runner.Run(machine, stdout=subprocess.PIPE) as run:
        console = decode.start(run.process.stdout, options.image)
        status, explanation = run.wait(options.timeout)
        run.stop()
        console.join(runner.STOP_S)
    if explanation:
        print(f"thimble: {explanation}", file=sys.stderr)
    return status


def debug_image(options):
    machine = machine_of(options, debug.Debuggee)
    machine.own_stub = not options.qemu_stub
    image = runner.check(machine)
    machine.network = image.has_network
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    return debug.debug(machine, image, [word for command in options.gdb_commands for word in ("-ex", command)])


def print_sizes(options):
    sections, end = Image(options.image).sizes()
    for name, size in sections:
        print(f"{size:9} {name}")
    table = dict(sections).get(".ksyms", 0)
    print(f"{end:9} the image as loaded, without debug information")
    print(f"{end - table:9} the same without its symbol table")
    return 0
