/* SPDX-License-Identifier: GPL-2.0 */
/* Letters for what the tests say most often: control bits, and the two ends. */
#ifndef _CLASP_LETTERS_H
#define _CLASP_LETTERS_H

#include "wire.h"

#define A	CLASP_ACK
#define S	CLASP_SYN
#define F	CLASP_FIN
#define R	CLASP_RST
#define P	(CLASP_PSH | CLASP_ACK)
#define U	(CLASP_URG | CLASP_ACK)

#define C	WIRE_CLIENT
#define V	WIRE_SERVER

#endif /* _CLASP_LETTERS_H */
