/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip= in the forms of Linux's nfsroot.rst, and broken ones.
 *
 * Links: net/ip_param.c
 */
#include "net/ip_param.h"
#include "tests/host/test.h"
#include <arpa/inet.h>

static struct ip_param parsed(const char *text)
{
	struct ip_param ip;
	const char *problem = ip_param_parse(text, &ip);

	if (problem)
		printf("  %s: %s\n", text, problem);
	CHECK(problem == NULL);
	return ip;
}

static void check_refused(const char *text, const char *why)
{
	struct ip_param ip;
	const char *problem = ip_param_parse(text, &ip);

	CHECK(problem != NULL && strstr(problem, why) != NULL);
}

TEST(words)
{
	CHECK_EQ(parsed("dhcp").method, IP_DHCP);
	CHECK_EQ(parsed("on").method, IP_DHCP);
	CHECK_EQ(parsed("any").method, IP_DHCP);
	CHECK_EQ(parsed("off").method, IP_NONE);
	CHECK_EQ(parsed("none").method, IP_NONE);
	CHECK_EQ(parsed(":::::eth1:dhcp").method, IP_DHCP);
	CHECK_STR(parsed(":::::eth1:dhcp").device, "eth1");
	CHECK_EQ(parsed("::::guest::off").method, IP_NONE);
	CHECK_STR(parsed("::::guest::off").hostname, "guest");
}

TEST(all_fields)
{
	struct ip_param ip = parsed("10.0.2.15:10.0.2.2:10.0.2.254:255.255.255.0:guest:eth0:off:"
				    "10.0.2.3:10.0.2.4:10.0.2.5");

	CHECK_EQ(ip.method, IP_STATIC);
	CHECK_EQ(ip.address, inet_addr("10.0.2.15"));
	CHECK_EQ(ip.server, inet_addr("10.0.2.2"));
	CHECK_EQ(ip.gateway, inet_addr("10.0.2.254"));
	CHECK_EQ(ip.netmask, inet_addr("255.255.255.0"));
	CHECK_STR(ip.hostname, "guest");
	CHECK_STR(ip.device, "eth0");
	CHECK_EQ(ip.dns[0], inet_addr("10.0.2.3"));
	CHECK_EQ(ip.dns[1], inet_addr("10.0.2.4"));
	CHECK_EQ(ip.ntp, inet_addr("10.0.2.5"));
}

TEST(defaults)
{
	CHECK_EQ(parsed("10.0.2.15").method, IP_STATIC);
	CHECK_EQ(parsed("10.0.2.15").netmask, inet_addr("255.0.0.0"));
	CHECK_EQ(parsed("172.16.0.1::172.16.0.2").netmask, inet_addr("255.255.0.0"));
	CHECK_EQ(parsed("192.168.1.1:::").netmask, inet_addr("255.255.255.0"));
	CHECK_EQ(parsed("192.168.1.1:::255.255.255.255").netmask, inet_addr("255.255.255.255"));
	CHECK_EQ(parsed("10.0.0.1::::::dhcp").method, IP_STATIC);
	CHECK_EQ(parsed("").method, IP_DHCP);
}

TEST(refused)
{
	check_refused("bootp", "must be");
	check_refused("10.0.2.256", "must be");
	check_refused("10.0.2:::", "client");
	check_refused("10.0.2.15.1:::", "client");
	check_refused("10.0.2.015:::", "client");
	check_refused("10.0.2.99999999999999:::", "client");
	check_refused("10.0.2.15:x", "server");
	check_refused("10.0.2.15::gw", "gateway");
	check_refused("10.0.2.15::10.0.2.2:24", "netmask");
	check_refused("10.0.2.15::10.0.2.2:255.0.255.0", "hole");
	check_refused("10.0.2.15::::::maybe", "autoconf");
	check_refused("10.0.2.15:::::toolongforadevicename", "too long");
	check_refused("10.0.2.15:::::::1.2.3.4:1.2.3.4:1.2.3.4:more", "too many");
	check_refused("1.2.3.4::::a-name-longer-than-any-host-may-have-says-rfc-1035-and-so-do-we-here",
		      "too long");
}

TEST_MAIN
