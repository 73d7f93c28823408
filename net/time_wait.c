/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer that uses its port again while we still hold its last connection in TIME_WAIT. lwIP
 * answers such a request as if it belonged to the old connection, and the peer waits until that
 * is forgotten: a minute. So the hook in front of it ends the old connection first. Runs under
 * net_lock, for segments whose checksum is right.
 */
#include "net/lwip/include/hooks.h"
#include "lwip/ip.h"
#include "lwip/priv/tcp_priv.h"
#include <stdbool.h>

/*
 * RFC 1122, 4.2.2.13: a request numbered beyond all that the old connection sent cannot be
 * mistaken for a late segment of it.
 */
static bool opens_anew(const struct tcp_pcb *pcb, const struct tcp_hdr *hdr)
{
	return (TCPH_FLAGS(hdr) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN &&
	       TCP_SEQ_GEQ(hdr->seqno, pcb->rcv_nxt);
}

/*
 * Numbered before that end, a request is acknowledged with the old numbers, and a peer that no
 * longer knows them answers with exactly this RST. To ignore it is what RFC 1337 advises against
 * late segments that provoke one; but then a peer whose numbers start at random would stand
 * still every second time, and Linux takes the risk as well (net.ipv4.tcp_rfc1337).
 */
static bool gives_up_old(const struct tcp_pcb *pcb, const struct tcp_hdr *hdr)
{
	return (TCPH_FLAGS(hdr) & TCP_RST) && hdr->seqno == pcb->rcv_nxt;
}

/* lwIP has read the header already: back to what came from the wire, and once more from the top. */
static void input_again(struct tcp_hdr *hdr, u16_t header_len, struct pbuf *p)
{
	hdr->src = lwip_htons(hdr->src);
	hdr->dest = lwip_htons(hdr->dest);
	hdr->seqno = lwip_htonl(hdr->seqno);
	hdr->ackno = lwip_htonl(hdr->ackno);
	hdr->wnd = lwip_htons(hdr->wnd);
	if (pbuf_add_header_force(p, header_len) != 0)
		return;
	pbuf_ref(p);
	tcp_input(p, ip_current_input_netif());
}

/* Options cut in two by a fragment end the old connection too: the next try then finds the way. */
err_t net_tcp_segment(struct tcp_pcb *pcb, struct tcp_hdr *hdr, u16_t options_len,
		      u16_t first_options_len, struct pbuf *p)
{
	if (pcb->state != TIME_WAIT)
		return ERR_OK;
	if (opens_anew(pcb, hdr)) {
		tcp_abort(pcb);
		if (options_len == first_options_len)
			input_again(hdr, TCP_HLEN + options_len, p);
		return ERR_ABRT;
	}
	if (gives_up_old(pcb, hdr)) {
		tcp_abort(pcb);
		return ERR_ABRT;
	}
	return ERR_OK;
}
