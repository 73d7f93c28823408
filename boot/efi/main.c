/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of events on the UEFI way in. Firmware services are there until memory_leave_firmware(). */
#include "boot/efi/loader.h"

#define STACK_SIZE   (16 * 1024)
#define CMDLINE_MAX  4096
#define LARGE_PAGE   0x200000ull
#define TABLE_ENTRIES 512
#define PTE_P  1ull
#define PTE_W  2ull
#define PTE_PS 0x80ull

/* Kept by the kernel until it has read it. */
struct message {
	struct boot_info boot;
	char loader[8];
	char cmdline[CMDLINE_MAX];
};

/* Needed until the image runs on its own. */
struct springboard {
	uint64_t pml4[TABLE_ENTRIES], pdpt[TABLE_ENTRIES], pd[4][TABLE_ENTRIES];
	uint8_t stack[STACK_SIZE];
	struct handover handover;
	uint8_t jump[512];
};

static void map_low_memory(struct springboard *s)
{
	uint64_t *pd = &s->pd[0][0];

	s->pml4[0] = (uint64_t)s->pdpt | PTE_P | PTE_W;
	for (unsigned i = 0; i < 4; i++)
		s->pdpt[i] = (uint64_t)s->pd[i] | PTE_P | PTE_W;
	for (unsigned i = 0; i < 4 * TABLE_ENTRIES; i++)
		pd[i] = i * LARGE_PAGE | PTE_PS | PTE_P | PTE_W;
}

static uint64_t find_rsdp(void)
{
	EFI_GUID acpi2 = ACPI_20_TABLE_GUID, acpi1 = ACPI_TABLE_GUID;
	void *rsdp;

	if (LibGetSystemConfigurationTable(&acpi2, &rsdp) == EFI_SUCCESS || LibGetSystemConfigurationTable(&acpi1, &rsdp) == EFI_SUCCESS)
		return (uint64_t)rsdp;
	return 0; /* the kernel searches the BIOS area */
}

/* The default algorithm's bytes (UEFI 2.10, 37.5), if the firmware has any. */
static void get_seed(struct boot_info *boot)
{
	EFI_GUID guid = EFI_RNG_PROTOCOL_GUID;
	EFI_RNG_PROTOCOL *rng;

	if (LibLocateProtocol(&guid, (void **)&rng) == EFI_SUCCESS &&
	    uefi_call_wrapper(rng->GetRNG, 4, rng, NULL, sizeof(boot->seed), boot->seed) == EFI_SUCCESS)
		boot->seed_bits = sizeof(boot->seed) * 8;
}

/* The payload may itself lie where the image belongs: it is copied from elsewhere. */
static BOOLEAN move_away(struct handover *h, struct range wanted)
{
	uint64_t size = (uint64_t)(payload_end - payload_start);
	uint8_t *copy = allocate_outside(wanted, size, EfiLoaderCode);

	if (!copy)
		return FALSE;
	CopyMem(copy, payload_start, size);
	for (uint64_t i = 0; i < h->pieces; i++)
		h->piece[i].from += (uint64_t)copy - (uint64_t)payload_start;
	return TRUE;
}

static struct message *make_message(struct range avoid, EFI_LOADED_IMAGE *image)
{
	struct message *m = allocate_outside(avoid, sizeof(*m), EfiLoaderData);

	if (!m)
		return NULL;
	ZeroMem(m, sizeof(*m));
	CopyMem(m->loader, "efi", sizeof("efi"));
	cmdline_read(image, m->cmdline, sizeof(m->cmdline));
	m->boot.loader = m->loader;
	m->boot.cmdline = m->cmdline;
	m->boot.acpi_rsdp = find_rsdp();
	get_seed(&m->boot);
	return m;
}

static EFI_STATUS fail(const CHAR16 *what, EFI_STATUS status)
{
	Print(L"thimble: %s (%r)\n", what, status);
	return status;
}

EFI_STATUS efi_main(EFI_HANDLE loader, EFI_SYSTEM_TABLE *system)
{
	struct handover h = { 0 };
	struct range wanted;
	struct springboard *s;
	struct message *message;
	EFI_LOADED_IMAGE *image;
	EFI_STATUS status;

	InitializeLib(loader, system);
	status = uefi_call_wrapper(BS->HandleProtocol, 3, loader, &LoadedImageProtocol, (void **)&image);
	if (status != EFI_SUCCESS)
		return fail(L"the firmware does not say how it loaded this program", status);
	if (payload_read(&h, &wanted) != EFI_SUCCESS)
		return fail(L"this program carries no Thimble image; make it again", EFI_LOAD_ERROR);
	if (!memory_is_ram(wanted))
		return fail(L"the firmware keeps memory that the image needs", EFI_LOAD_ERROR);
	s = allocate_outside(wanted, sizeof(*s), EfiLoaderCode);
	message = make_message(wanted, image);
	if (!s || !message || !move_away(&h, wanted))
		return fail(L"too little memory", EFI_OUT_OF_RESOURCES);

	ZeroMem(s, sizeof(*s));
	map_low_memory(s);
	h.page_table = (uint64_t)s->pml4;
	h.stack = (uint64_t)(s->stack + sizeof(s->stack));
	h.boot_info = (uint64_t)&message->boot;
	s->handover = h;
	CopyMem(s->jump, jump_start, (UINTN)(jump_end - jump_start));

	status = memory_leave_firmware(loader, &message->boot);
	if (status != EFI_SUCCESS)
		return fail(L"the firmware does not let go", status);
	((void (*)(const struct handover *))s->jump)(&s->handover);
	return EFI_LOAD_ERROR;
}
