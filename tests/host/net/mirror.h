/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network for host tests: one device, 10.0.0.1, on a wire that ends in a mirror. Whatever is sent
 * to 10.0.0.N (N not 1) comes back with source and destination exchanged, which leaves every
 * checksum right: so a connection to 10.0.0.2 is a connection to ourselves, with both ends over the
 * device, where frames can be lost, doubled, held back and damaged, and rings can run dry. ARP is
 * answered for every address.
 */
#pragma once

#include "kernel/file.h"
#include "kernel/netdev.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct mirror {
	/* What happens to a frame on the wire: false drops it. NULL: nothing. */
	bool (*filter)(uint8_t *frame, unsigned len);
	/*
	 * Looks at a frame before it is reflected, and may answer by mirror_inject(): true when the
	 * frame ends there. NULL: nobody.
	 */
	bool (*serve)(const uint8_t *frame, unsigned len);
	unsigned rx_free;         /* buffers in the receive ring at the moment */
	unsigned rx_lost;         /* frames that found it empty */
	unsigned rx_frames, tx_frames;
	unsigned tx_room;         /* frames the transmit ring takes; 0: any number */
	unsigned tx_refused;
	unsigned released;        /* times that the stack let go of the unplugged device */
	bool hold_tx;             /* sent frames stay unfinished */
	bool vouch;               /* received frames are marked as checked */
};

#define MIRROR_RX_BUFFERS 64

extern struct mirror mirror;

/*
 * Boots what the network needs, with this command line; once per program. offloads: enum
 * net_offload that the device claims.
 */
void mirror_start(const char *cmdline, unsigned offloads);

void mirror_inject(const void *frame, unsigned len);   /* a frame from outside */
void mirror_set_link(bool up);

/*
 * The device comes and goes; with MIRROR_LATER it is not there at the start. False: the stack had
 * not taken it. Plugged again, its ring must be full.
 */
void mirror_plug(void);
bool mirror_unplug(void);
#define MIRROR_LATER (1u << 31)

/* The mirror forgets its manners: no filter, all rings free. */
void mirror_reset(void);

/* --- Sockets, shortly. Failing where it must not is the end of the program. --- */

struct sockaddr_in address(const char *dotted, uint16_t port);
struct file *open_socket(int type);
struct file *listen_on(uint16_t port, int backlog);
struct file *connect_to(const char *dotted, uint16_t port);
struct file *accept_from(struct file *listener);
ssize_t send_bytes(struct file *, const void *, size_t, int flags);
ssize_t recv_bytes(struct file *, void *, size_t, int flags);
int get_option(struct file *, int level, int name);
int set_option(struct file *, int level, int name, int value);
short poll_now(struct file *);

/* Runs f(arg) in a thread beside; join with thread_join(). */
struct thread *beside(void (*f)(void *), void *arg);
void sleep_ms(unsigned);
