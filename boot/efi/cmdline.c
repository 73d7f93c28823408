/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line. A boot entry or the shell passes UTF-16 load options (the shell with the program's name in front); a start by the
 * removable-media path passes none, so a text file beside the loader says it. Source: UEFI 2.10, sections 9.1, 13.4 and 13.5.
 */
#include "boot/efi/loader.h"

#define FILE_NAME L"cmdline.txt"
#define PATH_MAX  256

static BOOLEAN is_text(const CHAR16 *text, UINTN n)
{
	for (UINTN i = 0; i < n && text[i]; i++)
		if (text[i] < ' ' || text[i] > '~')
			return FALSE;
	return n > 0 && text[0];
}

/* Past "NAME.efi ", which the shell puts in front. */
static UINTN skip_program(const CHAR16 *text, UINTN n)
{
	UINTN end = 0;

	while (end < n && text[end] && text[end] != ' ')
		end++;
	if (end < 4 || text[end - 4] != '.' || (text[end - 3] | 0x20) != 'e' || (text[end - 2] | 0x20) != 'f' || (text[end - 1] | 0x20) != 'i')
		return 0;
	while (end < n && text[end] == ' ')
		end++;
	return end;
}

/* Boot entries may carry options that are no text at all, such as a GUID: those are nobody's command line. */
static BOOLEAN from_load_options(const EFI_LOADED_IMAGE *image, char *text, UINTN size)
{
	const CHAR16 *options = image->LoadOptions;
	UINTN n = image->LoadOptionsSize / sizeof(CHAR16), out = 0;

	if (!options || !is_text(options, n))
		return FALSE;
	for (UINTN i = skip_program(options, n); i < n && options[i] && out < size - 1; i++)
		text[out++] = (char)options[i];
	text[out] = 0;
	return out > 0;
}

/* Our own path with the last part replaced; FALSE when it is too long. */
static BOOLEAN path_beside(const EFI_LOADED_IMAGE *image, CHAR16 *path)
{
	CHAR16 *own = image->FilePath ? DevicePathToStr(image->FilePath) : NULL;
	UINTN folder = 0;

	for (UINTN i = 0; own && own[i]; i++)
		if (own[i] == '\\')
			folder = i + 1;
	if (folder + StrLen(FILE_NAME) >= PATH_MAX)
		return FALSE;
	if (folder)
		CopyMem(path, own, folder * sizeof(CHAR16));
	StrCpy(path + folder, FILE_NAME);
	return TRUE;
}

static void from_file(const EFI_LOADED_IMAGE *image, char *text, UINTN size)
{
	EFI_FILE *folder = LibOpenRoot(image->DeviceHandle), *file;
	CHAR16 path[PATH_MAX];
	UINTN len = size - 1;

	if (!folder)
		return;
	if (path_beside(image, path)
	    && uefi_call_wrapper(folder->Open, 5, folder, &file, path, EFI_FILE_MODE_READ, 0) == EFI_SUCCESS) {
		if (uefi_call_wrapper(file->Read, 3, file, &len, text) == EFI_SUCCESS)
			text[len] = 0;
		uefi_call_wrapper(file->Close, 1, file);
	}
	uefi_call_wrapper(folder->Close, 1, folder);
}

void cmdline_read(EFI_LOADED_IMAGE *image, char *text, UINTN size)
{
	text[0] = 0;
	if (from_load_options(image, text, size))
		return;
	from_file(image, text, size);
	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = 0;
}
