/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interface between devices and lwIP: frames nobody should send, checksums done by the device,
 * timers that rest.
 *
 * Links: @lwip tests/host/net/mirror.c kernel/thread.c kernel/sched.c kernel/sched_place.c kernel/futex.c
 * Links: kernel/mutex.c kernel/wait.c kernel/timer.c kernel/param.c kernel/netdev.c kernel/file.c
 */
#include "kernel/thread.h"
#include "net/net.h"
#include "tests/host/net/mirror.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include <errno.h>

#define FAR "10.0.0.2"

static void start(void)
{
	mirror_start("ip=10.0.0.1::10.0.0.254:255.255.255.0", NET_TX_CSUM | NET_RX_CSUM);
}

uint16_t net_checksum(const void *data, int len);

TEST(checksum_is_rfc_1071)
{
	uint8_t data[200];

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(255 - i * 7);
	for (unsigned at = 0; at < 9; at++) {
		for (unsigned len = 0; len < 150; len++) {
			uint32_t sum = 0;

			for (unsigned i = 0; i < len; i++)
				sum += i & 1 ? (uint32_t)data[at + i] << 8 : data[at + i];
			while (sum >> 16)
				sum = (sum & 0xffff) + (sum >> 16);
			CHECK_EQ(net_checksum(data + at, (int)len), sum);
		}
	}
}

static void talk_to(const char *dotted)
{
	struct file *listener = listen_on(80, 4), *client = connect_to(dotted, 80);
	struct file *server = accept_from(listener);
	char out[5000], in[5000];

	memset(out, 0x5a, sizeof(out));
	CHECK_EQ(send_bytes(client, out, sizeof(out), 0), sizeof(out));
	CHECK_EQ(recv_bytes(server, in, sizeof(in), MSG_WAITALL), sizeof(in));
	CHECK(memcmp(in, out, sizeof(in)) == 0);
	file_put(client);
	file_put(server);
	file_put(listener);
}

static void talk(void)
{
	talk_to(FAR);
}

/* Our own address: no device is there to finish a checksum, and nobody looks. */
TEST(own_address)
{
	unsigned before;

	start();
	before = mirror.tx_frames;
	talk_to("10.0.0.1");
	CHECK_EQ(mirror.tx_frames, before);
}

/*
 * The model device finishes the partial checksum as a real one does; the receiving side then looks
 * at it in full.
 */
TEST(device_finishes_checksums)
{
	start();
	talk();
}

static bool spoil_checksum(uint8_t *f, unsigned len)
{
	if (len >= 54 && f[23] == 6)
		f[50] ^= 0xff;
	return true;
}

TEST(checked_frames_are_believed)
{
	start();
	mirror.vouch = true;
	mirror.filter = spoil_checksum;
	talk();
	mirror_reset();
}

static bool unchecked_are_dropped;

static void try_connect(void *arg)
{
	struct sockaddr_in to = address(FAR, 80);

	unchecked_are_dropped = net_connect(arg, (struct sockaddr *)&to, sizeof(to)) == -ETIMEDOUT;
}

TEST(wrong_checksums_are_dropped)
{
	struct file *f, *listener;

	start();
	listener = listen_on(80, 4);
	mirror.filter = spoil_checksum;
	f = open_socket(SOCK_STREAM);
	try_connect(f);
	CHECK(unchecked_are_dropped);
	file_put(f);
	file_put(listener);
	mirror_reset();
}

/*
 * Short, long, cut off anywhere, and full of nonsense: all buffers come back and the network still
 * works.
 */
TEST(nonsense_frames)
{
	static const uint8_t head[54] = {
		0x52, 0x54, 0, 0x12, 0x34, 0x56, 0x52, 0x54, 0, 1, 2, 3, 8, 0,
		0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1,
		0, 80, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 1, 0, 0, 0, 0, 0,
	};
	uint8_t f[1600];
	unsigned seed = 1;

	start();
	mirror.vouch = true;
	for (unsigned round = 0; round < 20000; round++) {
		unsigned len = round % 1600;

		for (unsigned i = 0; i < sizeof(f); i++)
			f[i] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
		memcpy(f, head, round % 55);
		f[12] = 8;
		f[13] = round % 3 == 0 ? 6 : 0;
		mirror_inject(f, len);
		if (round % 50 == 0)
			sleep_ms(1);
	}
	mirror_reset();
	sleep_ms(120000);
	CHECK_EQ(mirror.rx_free, MIRROR_RX_BUFFERS);
	talk();
}

/*
 * With nobody talking, nothing wakes: time jumps from event to event, so the number of jumps is the
 * number of timer interrupts.
 */
static unsigned halts;

static void count_halt(void)
{
	halts++;
	shim_on_halt = NULL;
	cpu_idle();
	shim_on_halt = count_halt;
}

TEST(idle_machine_rests)
{
	start();
	mirror_reset();
	sleep_ms(300000);
	halts = 0;
	shim_on_halt = count_halt;
	sleep_ms(3600000);
	shim_on_halt = NULL;
	CHECK(halts < 10);
	talk();
}

TEST_MAIN
