/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getaddrinfo() and the tables under it, with a name server that knows one name.
 *
 * Links: libc/socket/getaddrinfo.c libc/socket/resolve.c libc/socket/services.c libc/socket/inet_aton.c libc/socket/inet_ntop.c
 * Links: libc/socket/getnameinfo.c libc/socket/gethostbyname.c libc/result.c kernel/printf.c
 */
#include "tests/host/test.h"
#include "net/net.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>

int net_resolve(const char *host, uint32_t *addresses, unsigned max)
{
	if (strcmp(host, "timeout.test") == 0)
		return -ETIMEDOUT;
	if (strcmp(host, "two.test") != 0 || max < 2)
		return -ENOENT;
	addresses[0] = htonl(0x0a000001);
	addresses[1] = htonl(0x0a000002);
	return 2;
}

static const struct sockaddr_in *addr_of(const struct addrinfo *info)
{
	return (const struct sockaddr_in *)info->ai_addr;
}

/* The answers in one line: "10.0.0.1:80/tcp ..." or the error's number. */
static const char *ask(const char *node, const char *service, int flags, int socktype)
{
	static const char *const names[] = { "?", "tcp", "udp", "raw" };
	struct addrinfo hints = { .ai_flags = flags, .ai_socktype = socktype }, *res, *i;
	static char text[256];
	int error = getaddrinfo(node, service, &hints, &res);

	sprintf(text, "%d", error);
	if (error)
		return text;
	text[0] = '\0';
	for (i = res; i; i = i->ai_next)
		sprintf(text + strlen(text), "%s%s:%d/%s", i == res ? "" : " ", inet_ntoa(addr_of(i)->sin_addr),
			ntohs(addr_of(i)->sin_port), names[i->ai_socktype]);
	freeaddrinfo(res);
	return text;
}

static const char *error(int number)
{
	static char text[16];

	sprintf(text, "%d", number);
	return text;
}

TEST(addresses)
{
	CHECK_STR(ask("1.2.3.4", "80", 0, SOCK_STREAM), "1.2.3.4:80/tcp");
	CHECK_STR(ask("1.2.3.4", NULL, 0, 0), "1.2.3.4:0/tcp 1.2.3.4:0/udp");
	CHECK_STR(ask("two.test", "http", 0, SOCK_STREAM), "10.0.0.1:80/tcp 10.0.0.2:80/tcp");
	CHECK_STR(ask("localhost", "domain", 0, 0), "127.0.0.1:53/tcp 127.0.0.1:53/udp");
	CHECK_STR(ask("localhost", "http", 0, 0), "127.0.0.1:80/tcp");
	CHECK_STR(ask(NULL, "8080", AI_PASSIVE, SOCK_STREAM), "0.0.0.0:8080/tcp");
	CHECK_STR(ask(NULL, "8080", 0, SOCK_DGRAM), "127.0.0.1:8080/udp");
	CHECK_STR(ask("1.2.3.4", "7", 0, SOCK_RAW), "1.2.3.4:7/raw");
}

TEST(refusals)
{
	CHECK_STR(ask(NULL, NULL, 0, 0), error(EAI_NONAME));
	CHECK_STR(ask("none.test", NULL, 0, 0), error(EAI_NONAME));
	CHECK_STR(ask("timeout.test", NULL, 0, 0), error(EAI_AGAIN));
	CHECK_STR(ask("two.test", NULL, AI_NUMERICHOST, 0), error(EAI_NONAME));
	CHECK_STR(ask("1.2.3.4", "http", AI_NUMERICSERV, 0), error(EAI_SERVICE));
	CHECK_STR(ask("1.2.3.4", "nonesuch", 0, 0), error(EAI_SERVICE));
	CHECK_STR(ask("1.2.3.4", "65536", 0, 0), error(EAI_SERVICE));
	CHECK_STR(ask("1.2.3.4", "-1", 0, 0), error(EAI_SERVICE));
	CHECK_STR(ask("1.2.3.4", "80", 0x100000, 0), error(EAI_BADFLAGS));
	CHECK_STR(ask(NULL, "80", AI_CANONNAME, 0), error(EAI_BADFLAGS));
	CHECK_STR(ask("1.2.3.4", "80", 0, 42), error(EAI_SOCKTYPE));
}

TEST(families_and_canonical_name)
{
	struct addrinfo hints = { .ai_family = AF_INET6 }, *res;

	CHECK_EQ(getaddrinfo("::1", NULL, &hints, &res), EAI_FAMILY);
	hints = (struct addrinfo){ .ai_family = AF_INET, .ai_flags = AI_CANONNAME };
	CHECK_EQ(getaddrinfo("two.test", NULL, &hints, &res), 0);
	CHECK_STR(res->ai_canonname, "two.test");
	CHECK(!res->ai_next->ai_canonname);
	freeaddrinfo(res);
	CHECK_EQ(getaddrinfo("1.2.3.4", "1", NULL, &res), 0);
	freeaddrinfo(res);
}

TEST(names_of_addresses)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(443), .sin_addr.s_addr = htonl(0x01020304) };
	char host[32], service[32];

	CHECK_EQ(getnameinfo((struct sockaddr *)&addr, sizeof(addr), host, sizeof(host), service, sizeof(service), 0), 0);
	CHECK_STR(host, "1.2.3.4");
	CHECK_STR(service, "https");
	CHECK_EQ(getnameinfo((struct sockaddr *)&addr, sizeof(addr), NULL, 0, service, sizeof(service), NI_NUMERICSERV), 0);
	CHECK_STR(service, "443");
	CHECK_EQ(getnameinfo((struct sockaddr *)&addr, sizeof(addr), host, 4, NULL, 0, 0), EAI_OVERFLOW);
	CHECK_EQ(getnameinfo((struct sockaddr *)&addr, sizeof(addr), host, sizeof(host), NULL, 0, NI_NAMEREQD), EAI_NONAME);
	addr.sin_family = AF_UNIX;
	CHECK_EQ(getnameinfo((struct sockaddr *)&addr, sizeof(addr), host, sizeof(host), NULL, 0, 0), EAI_FAMILY);
}

TEST(old_question)
{
	struct hostent *h = gethostbyname("two.test");

	CHECK(h && h->h_addrtype == AF_INET && h->h_length == 4);
	CHECK_STR(inet_ntoa(*(struct in_addr *)h->h_addr_list[1]), "10.0.0.2");
	CHECK(!h->h_addr_list[2]);
	CHECK(!gethostbyname("none.test"));
}

TEST_MAIN
