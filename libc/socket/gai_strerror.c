/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a name was not found, in words. */
#include <netdb.h>
#include <stdio.h>

const char *gai_strerror(int error)
{
	switch (error) {
	case 0:
		return "Success";
	case EAI_BADFLAGS:
		return "Bad flags";
	case EAI_NONAME:
		return "Name or service not known";
	case EAI_AGAIN:
		return "Name server did not answer, try again";
	case EAI_FAIL:
		return "Name server failed";
	case EAI_NODATA:
		return "Name has no address";
	case EAI_FAMILY:
		return "Address family not supported";
	case EAI_SOCKTYPE:
		return "Socket type not supported";
	case EAI_SERVICE:
		return "Service not known for this socket type";
	case EAI_MEMORY:
		return "Out of memory";
	case EAI_SYSTEM:
		return "System error";
	case EAI_OVERFLOW:
		return "Buffer too small";
	default:
		return "Unknown error";
	}
}

const char *hstrerror(int error)
{
	switch (error) {
	case HOST_NOT_FOUND:
		return "Unknown host";
	case TRY_AGAIN:
		return "Name server did not answer, try again";
	case NO_RECOVERY:
		return "Name server failed";
	case NO_DATA:
		return "Name has no address";
	default:
		return "No error";
	}
}

void herror(const char *prefix)
{
	fprintf(stderr, "%s%s%s\n", prefix && *prefix ? prefix : "", prefix && *prefix ? ": " : "", hstrerror(h_errno));
}
