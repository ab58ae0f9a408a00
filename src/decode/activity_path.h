/* SPDX-License-Identifier: MIT */
/* Activity ids in which .NET keeps a path: //1/1/2/. Knows no other ids. */
#ifndef EK_DECODE_ACTIVITY_PATH_H
#define EK_DECODE_ACTIVITY_PATH_H

#include <stdint.h>

#define EK_ACTIVITY_PATH_ROOM 80 /* 24 numbers of one digit or "10" with their slashes, and the ones around */

/* Writes the path that the id holds and returns the end; NULL where it holds none, or not one of this process. */
uint8_t *ek_write_activity_path(uint8_t *at, const uint8_t id[16], uint32_t process_id);

#endif
