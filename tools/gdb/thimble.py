# SPDX-License-Identifier: BSD-2-Clause
"""gdb commands that know Thimble's structures: thimble ps, bt, virtqueue, log, local, names.

Loaded by tools/thimble debug; by hand: (gdb) source tools/gdb/thimble.py. All of them read memory only, so they work with
the image's own stub, with QEMU's stub and with a core alike.
"""
import re

import gdb

SWITCHED = ("control_words", "r15", "r14", "r13", "r12", "rbx", "rbp", "rip")  # kernel/x86_64/context_switch.S
SCHEDULER = {"sched_block", "sched_preempt", "sched_preempt_voluntarily", "sched_exit", "switch_away", "finish_switch", "sleep_in", "wait",
             "futex_wait", "futex_wait_interruptible", "context_switch", "futex_wait_any", "sched_yield", "thread_yield"}
DEPTH_MAX = 64
LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


# --- reading ---

def value(expression):
    return gdb.parse_and_eval(expression)


def number(expression):
    return int(value(expression))


def word(address):
    return int.from_bytes(gdb.selected_inferior().read_memory(address, 8).tobytes(), "little")


def text(array):
    """Up to its NUL, or all of it."""
    kind = array.type.strip_typedefs()
    raw = gdb.selected_inferior().read_memory(int(array.address), kind.sizeof).tobytes()
    return raw.split(b"\0")[0].decode(errors="replace")


def plain(field):
    """An _Atomic's number."""
    return int.from_bytes(gdb.selected_inferior().read_memory(int(field.address), field.type.sizeof).tobytes(), "little")


def listed(head, structure, member):
    """What a struct list holds (kernel/list.h)."""
    kind = gdb.lookup_type(structure)
    offset = next(field.bitpos // 8 for field in kind.fields() if field.name == member)
    end = int(head.address)
    at = int(head["next"])
    while at and at != end:
        yield gdb.Value(at - offset).cast(kind.pointer()).dereference()
        at = word(at)


def function_at(address):
    """Not what is inlined there; without the compiler's suffixes."""
    shown = gdb.execute(f"info symbol {address:#x}", to_string=True)
    return f"{address:#x}" if shown.startswith("No symbol") else shown.split()[0].split(".")[0]


# --- threads ---

def threads():
    return listed(value("'kernel/thread.c'::all_threads"), "struct thread", "all_node")


def running():
    """{address of the thread: number of the CPU that runs it}"""
    cpus, found = value("cpus"), {}
    for i in range(64):
        if not int(cpus[i]):
            break
        found[int(cpus[i]["current"])] = i
    return found


def calls_of(thread):
    """Return addresses of one that is switched out, innermost first, by its frame pointers."""
    rsp = int(thread["context"]["rsp"])
    saved = dict(zip(SWITCHED, (word(rsp + 8 * i) for i in range(len(SWITCHED)))))
    yield saved["rip"]
    rbp = saved["rbp"]
    for _ in range(DEPTH_MAX):
        try:
            above, address = word(rbp), word(rbp + 8)
        except gdb.MemoryError:
            return
        if not address:
            return
        yield address
        if above <= rbp:
            return
        rbp = above


def state_of(thread, cpu):
    """An idle thread is always marked as running."""
    states = {field.enumval: field.name for field in gdb.lookup_type("enum thread_state").fields()}
    state = states.get(plain(thread["state"]), "?").removeprefix("THREAD_").lower()
    return "runnable" if state == "running" and cpu is None else state


def where_of(thread):
    names = [function_at(address - (depth > 0)) for depth, address in enumerate(calls_of(thread))]
    told = [name for name in names if name not in SCHEDULER][:3]
    return " < ".join(told or names[:1])


def find_thread(thread_id):
    for thread in threads():
        if int(thread["id"]) == thread_id:
            return thread
    raise gdb.GdbError(f"there is no thread {thread_id}; see `thimble ps`")


# --- commands ---

class Thimble(gdb.Command):
    """What Thimble's kernel knows: thimble ps, bt ID, virtqueue [NAME], log, local NAME, names."""

    def __init__(self):
        super().__init__("thimble", gdb.COMMAND_STATUS, prefix=True)


class Subcommand(gdb.Command):
    def __init__(self, name):
        super().__init__(f"thimble {name}", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        try:
            self.show(*gdb.string_to_argv(argument))
        except TypeError as error:
            raise gdb.GdbError(f"usage: {self.__doc__.splitlines()[0]}") from error
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"memory is not as it should be: {error}") from error


class Ps(Subcommand):
    """thimble ps: every thread, whether a CPU runs it, and what it waits in."""

    def show(self):
        on = running()
        print(f"{'id':>4} {'cpu':>3} {'state':10} {'name':16} where")
        for thread in threads():
            cpu = on.get(int(thread.address))
            where = "" if cpu is not None else where_of(thread)
            print(f"{int(thread['id']):4} {'' if cpu is None else cpu:>3} {state_of(thread, cpu):10} {text(thread['name']):16} {where}")


class Bt(Subcommand):
    """thimble bt ID: the call chain of a thread that no CPU runs; for QEMU's stub, which knows CPUs only."""

    def show(self, thread_id):
        thread = find_thread(int(thread_id))
        if int(thread.address) in running():
            raise gdb.GdbError("a CPU runs it: `info threads` has that CPU")
        for depth, address in enumerate(calls_of(thread)):
            inside = address - (depth > 0)  # a return address may be behind the function's end
            line = gdb.find_pc_line(inside)
            at = f" at {line.symtab.filename}:{line.line}" if line.symtab else ""
            print(f"#{depth:<2} {address:#018x} in {function_at(inside)}{at}")


class Virtqueue(Subcommand):
    """thimble virtqueue [NAME]: the rings of virtio devices, of all or of the one with this name (vda, or as the log has it)."""

    def show(self, wanted=None):
        device, found = value("virtio_devices"), False
        while int(device):
            name = device["name"].string() if int(device["name"]) else ""
            where = text(device["where"])
            if wanted in (None, name, where):
                self.show_device(device, f"{name} ({where})" if name else where)
                found = True
            device = device["next"]
        if not found:
            raise gdb.GdbError(f"there is no virtio device {wanted}" if wanted else "there are no virtio devices")

    def show_device(self, device, title):
        live = "live" if plain(device["live"]) else "not live"
        print(f"{title}: status {int(device['status']):#x}, {live}{', broken' if plain(device['broken']) else ''}")
        queues, queue = [], device["queues"]
        while int(queue):
            queues.append(queue)
            queue = queue["next"]
        for queue in sorted(queues, key=lambda q: int(q["spec"]["index"])):
            packed = int(queue["ops"]) == int(value("&virtqueue_packed_ops"))
            ring = self.packed(queue["packed"]) if packed else self.split(queue["split"])
            print(f"  queue {int(queue['spec']['index'])}: {int(queue['size'])} entries, {int(queue['num_free'])} free, "
                  f"{int(queue['in_flight'])} in flight{', broken' if plain(queue['broken']) else ''}; {ring}")

    def split(self, ring):
        return (f"split: avail {int(ring['avail_idx'])} published ({int(ring['avail']['idx'])} seen by the device), "
                f"used {int(ring['used']['idx'])} by the device, {int(ring['last_used'])} taken, avail flags {int(ring['avail']['flags'])}, "
                f"used flags {int(ring['used']['flags'])}")

    def packed(self, ring):
        fields = ", ".join(f"{field.name} {int(ring[field.name])}" for field in ring.type.fields()
                           if field.type.strip_typedefs().code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_BOOL))
        return f"packed: {fields}"


class Log(Subcommand):
    """thimble log: the kernel's log, also what loglevel= kept from the consoles."""

    def show(self):
        ring, at, newest = value("'kernel/log.c'::ring"), number("'kernel/log.c'::oldest"), number("'kernel/log.c'::newest")
        size = ring.type.sizeof
        data = gdb.selected_inferior().read_memory(int(ring.address), size).tobytes()
        kept = bytes(data[i % size] for i in range(at, at + (newest - at) % (1 << 32))).decode(errors="replace")
        for line in kept.splitlines():
            print(f"{LEVELS[int(line[0])] if line[:1].isdigit() and int(line[0]) < 8 else '?':8}{line[1:]}")


class Local(Subcommand):
    """thimble local NAME: the selected thread's copy of a thread-local variable, for which gdb wants a thread library."""

    def show(self, name):
        symbol = gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)
        told = gdb.execute(f"info address {name}", to_string=True) if symbol else ""
        place = re.search(r"thread-local variable at offset (0x[0-9a-f]+)", told)
        if not place:
            raise gdb.GdbError(f"{name} is no thread-local variable")
        # The block ends at the thread's control block (kernel/x86_64/tls.c).
        address = number("$fs_base") - number("(unsigned long)&tls_size") + int(place.group(1), 16)
        print(f"{name} = {gdb.Value(address).cast(symbol.type.pointer()).dereference()}")


class Names(Subcommand):
    """thimble names: gives gdb's threads the names of Thimble's, where they have none (cores, QEMU's stub)."""

    def show(self):
        set_names()


def set_names():
    """A core's threads have Thimble's ids; those of QEMU are its CPUs, which count from 1."""
    inferior, found = gdb.selected_inferior(), list(threads())
    core = inferior.connection and inferior.connection.type == "core"
    on = {cpu + 1: address for address, cpu in running().items()}
    by_id = {int(thread["id"]): text(thread["name"]) for thread in found}
    by_address = {int(thread.address): text(thread["name"]) for thread in found}
    for thread in inferior.threads():
        if not thread.name:
            thread.name = by_id.get(thread.ptid[1]) if core else by_address.get(on.get(thread.ptid[1]))


def name_threads(*_):
    """Before each prompt; where there is no kernel yet, nothing is named."""
    try:
        if gdb.selected_inferior().pid and any(not thread.name for thread in gdb.selected_inferior().threads()):
            set_names()
    except (gdb.error, gdb.MemoryError):
        pass


Thimble()
for command, kind in (("ps", Ps), ("bt", Bt), ("virtqueue", Virtqueue), ("log", Log), ("local", Local), ("names", Names)):
    kind(command)
gdb.events.before_prompt.connect(name_threads)
