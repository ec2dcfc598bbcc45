/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CLASP_SELFTEST_WIRE_H
#define CLASP_SELFTEST_WIRE_H

/*
 * Draw a ladder from "CLIENT,SERVER": two files with the lines that wire
 * printed for the client's and for the server's device, of one connection.
 * Returns 0, or 1 if there is nothing to draw.
 */
int ladder(const char *files);

#endif
