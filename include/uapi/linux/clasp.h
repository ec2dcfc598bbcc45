/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * CLASP, the Connection Lifecycle And Stream Protocol: what programs and
 * analysers need to know of it. Documentation/protocol.md is the specification.
 */
#ifndef _UAPI_LINUX_CLASP_H
#define _UAPI_LINUX_CLASP_H

#include <linux/types.h>

/*
 * The IP protocol number, from the range that RFC 3692 sets aside for
 * experiments. The module parameter "protocol" picks another one.
 */
#define IPPROTO_CLASP		253

/* The level for setsockopt() and getsockopt(). */
#define SOL_CLASP		253

/* Options at level SOL_CLASP; numbers and meanings are TCP's. */
#define CLASP_NODELAY		1	/* int: send small segments at once */
#define CLASP_KEEPIDLE		4	/* int: s of silence to a keep-alive */
#define CLASP_KEEPINTVL		5	/* int: s between keep-alives */
#define CLASP_KEEPCNT		6	/* int: keep-alives without answer */
#define CLASP_SYNCNT		7	/* int: SYNs sent again */
#define CLASP_LINGER2		8	/* int: s in FIN-WAIT-2 once closed */
#define CLASP_QUICKACK		12	/* int: acknowledge without delay */
#define CLASP_USER_TIMEOUT	18	/* int: ms to wait for an ACK */

#define CLASP_VERSION		1

/* Header length without and with as many options as it can hold, in bytes. */
#define CLASP_HEADER_MIN	32
#define CLASP_HEADER_MAX	120

/* struct clasphdr::flags; the bits and their meanings are TCP's. */
#define CLASP_FIN		0x01
#define CLASP_SYN		0x02
#define CLASP_RST		0x04
#define CLASP_PSH		0x08
#define CLASP_ACK		0x10
#define CLASP_URG		0x20
#define CLASP_ECE		0x40
#define CLASP_CWR		0x80

/* Option kinds. All but END and NOP are kind, length (of all), value. */
#define CLASP_OPT_END		0	/* no more options */
#define CLASP_OPT_NOP		1	/* one byte of padding */
#define CLASP_OPT_MSS		2	/* u16: largest data part accepted */
#define CLASP_OPT_SACK		5	/* pairs of u32 offsets from ack_seq */

#define CLASP_OPT_MSS_LEN	4
#define CLASP_OPT_SACK_BASE	2	/* plus 8 for each block */

/**
 * struct clasphdr - the fixed part of a CLASP header, in network byte order
 * @source: source port
 * @dest: destination port
 * @ver_len: version in the upper four bits, header length with options in
 *	units of 8 bytes in the lower four
 * @flags: CLASP_FIN and the others
 * @check: Internet checksum (RFC 1071) over the pseudo-header of IP, this
 *	header, its options and the data
 * @seq: sequence number of the first byte of data, or of the SYN
 * @ack_seq: next sequence number that the sender expects; valid with CLASP_ACK
 * @window: bytes from @ack_seq on that the sender can take; never scaled
 * @urg_ptr: urgent pointer; valid with CLASP_URG
 * @reserved: zero
 */
struct clasphdr {
	__be16	source;
	__be16	dest;
	__u8	ver_len;
	__u8	flags;
	__sum16	check;
	__be64	seq;
	__be64	ack_seq;
	__be32	window;
	__be16	urg_ptr;
	__be16	reserved;
};

#endif /* _UAPI_LINUX_CLASP_H */
