/* SPDX-License-Identifier: GPL-2.0 */
/* The second door to the sockets: AF_CLASP. */
#ifndef _CLASP_DOOR_H
#define _CLASP_DOOR_H

extern unsigned int clasp_family;

int clasp_door_register(void);
void clasp_door_unregister(void);

#endif /* _CLASP_DOOR_H */
