/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and numbers of interfaces, asked by ioctl() of a socket made for the question. */
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int ask(unsigned long request, struct ifreq *req)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), result;

	if (fd < 0)
		return -1;
	result = ioctl(fd, request, req);
	close(fd);
	return result;
}

unsigned if_nametoindex(const char *name)
{
	struct ifreq req = { 0 };

	strlcpy(req.ifr_name, name, sizeof(req.ifr_name));
	return ask(SIOCGIFINDEX, &req) == 0 ? req.ifr_ifindex : 0;
}

char *if_indextoname(unsigned index, char *name)
{
	struct ifreq req = { .ifr_ifindex = index };

	return ask(SIOCGIFNAME, &req) == 0 ? strcpy(name, req.ifr_name) : NULL;
}
