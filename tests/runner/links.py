# SPDX-License-Identifier: BSD-2-Clause
"""What a host test links besides itself and tests/host/shim.c: it says so in a comment among its first lines.

  Links: kernel/page.c fs/ext4/*.c
         kernel/list.c

"@lwip" stands for the whole network stack: lwIP, with its asserts on, and net/.
"""
import re

HEAD_LINES = 40
LINKS = re.compile(r"\bLinks:((?:[\s*]+(?:@lwip|[\w./*-]+\.c)\b)+)", re.IGNORECASE)
PATTERN = re.compile(r"@lwip|[\w./][\w./*-]*\.c")

LWIP = "build/third_party/lwip/src"
LWIP_SOURCES = ("net/*.c", f"{LWIP}/core/*.c", f"{LWIP}/core/ipv4/*.c", f"{LWIP}/netif/ethernet.c")
LWIP_NOT = f"{LWIP}/core/timeouts.c"  # net/timers.c takes its place
# lwIP lays its headers wherever they fall, which x86 allows.
LWIP_FLAGS = ("-DNET_LWIP_ASSERT", "-I", "net/lwip/include", "-isystem", f"{LWIP}/include", "-fno-sanitize=alignment")


def read(root, source):
    """(sources, flags)"""
    head = "\n".join(source.read_text().splitlines()[:HEAD_LINES])
    patterns = [pattern for text in LINKS.findall(head) for pattern in PATTERN.findall(text)]
    if "@lwip" not in patterns:
        return list(expand(root, source, patterns)), ()
    patterns.remove("@lwip")
    return [path for path in expand(root, source, [*patterns, *LWIP_SOURCES]) if str(path) != LWIP_NOT], LWIP_FLAGS


def expand(root, source, patterns):
    for pattern in patterns:
        found = sorted(root.glob(pattern))
        if not found:
            raise AssertionError(f"{source}: links {pattern}, which does not exist")
        yield from (path.relative_to(root) for path in found)
