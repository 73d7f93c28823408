# SPDX-License-Identifier: BSD-2-Clause
"""Looking into a built image: is it one, what does it carry, how large are its parts."""
import struct

from . import symbols
from .status import Refusal

NOTE_NAME = b"Thimble\0"
MIB = 1 << 20

EHDR = struct.Struct("<16xHHIQQQIHHHHHH")
PHDR = struct.Struct("<IIQQQQQQ")
SHDR = struct.Struct("<IIQQQQIIQQ")
PT_LOAD = 1
PT_NOTE = 4
SHT_NOBITS = 8
SHF_ALLOC = 2
EM_X86_64 = 62


class Image:
    def __init__(self, path):
        self.path = path
        try:
            with open(path, "rb") as file:
                self.data = file.read()
        except OSError as error:
            raise Refusal(f"{path}: {error.strerror}") from None
        try:
            self.parse()
        except (struct.error, IndexError, ValueError, UnicodeDecodeError):
            raise Refusal(f"{path}: a damaged ELF file; build it again") from None
        if not self.has_note:
            raise Refusal(f"{path}: an ELF file, but not a Thimble image; make one with `tools/thimble build`")

    def parse(self):
        if self.data[:4] != b"\x7fELF":
            raise Refusal(f"{self.path}: not an ELF file; make an image with `tools/thimble build`")
        (_, machine, _, _, phoff, shoff, _, _, phsize, phnum, shsize, shnum, shstrndx) = EHDR.unpack_from(self.data)
        if self.data[4] != 2 or machine != EM_X86_64:
            raise Refusal(f"{self.path}: not a 64-bit x86 ELF file; make an image with `tools/thimble build`")
        self.segments = [PHDR.unpack_from(self.data, phoff + i * phsize) for i in range(phnum)]
        headers = [SHDR.unpack_from(self.data, shoff + i * shsize) for i in range(shnum)]
        names = headers[shstrndx][4]
        self.sections = {self.string(names + header[0]): header for header in headers}

    def string(self, offset):
        return self.data[offset:self.data.index(b"\0", offset)].decode()

    @property
    def has_note(self):
        """Every image carries a note of ours (boot/multiboot_header.S)."""
        return any(NOTE_NAME in self.data[offset:offset + size]
                   for kind, _, offset, _, _, size, _, _ in self.segments if kind == PT_NOTE)

    @property
    def functions(self):
        """Their names, from the image's own symbol table, which stripping leaves."""
        header = self.sections.get(".ksyms")
        return symbols.names_in(self.data[header[4]:header[4] + header[5]]) if header else []

    @property
    def has_network(self):
        return "net_start" in self.functions

    @property
    def has_debugger(self):
        return "gdb_start" in self.functions

    @property
    def has_ext4(self):
        return any(name.startswith("ext4_") for name in self.functions)

    @property
    def memory_end(self):
        """The first physical address past the image."""
        return max(paddr + memsz for kind, _, _, _, paddr, _, memsz, _ in self.segments if kind == PT_LOAD)

    def sizes(self):
        """[(section, bytes in the file)] of what is loaded, and the whole as it would be without debug information."""
        loaded = [(name, header[5]) for name, header in self.sections.items()
                  if header[2] & SHF_ALLOC and header[1] != SHT_NOBITS and header[5]]
        end = max(offset + filesz for kind, _, offset, _, _, filesz, _, _ in self.segments if kind == PT_LOAD)
        return loaded, end
