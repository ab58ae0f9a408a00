/* SPDX-License-Identifier: MIT */
/* Activity ids as .NET's EventSource makes them: the numbers of nested activities, from the outermost on, in half
 * bytes. */
#include "decode/activity_path.h"

#include "base/bytes.h"
#include "decode/number.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The first 12 bytes hold the path, the upper half of each byte first. A half byte of 1 to 10 is a number; 0 ends the
 * path; 12 to 15 announce a number of 1 to 4 bytes, little-endian, from the next whole byte on. Where it is the upper
 * half, the lower one holds the bits above those bytes. 11 in front of such a number says that there was no room for
 * the path: the number, shown behind "$", stands for all of it below that.
 * The last 4 bytes: the sum of the first three words and a constant, since .NET Core exclusive-or the process id.
 */
enum {
    PATH_SIZE = 12,
    PATH_END = 0,
    LARGEST_PLAIN = 10,
    OVERFLOWN = 11,
    FIRST_LONG = 12
};
#define CHECK_ADDEND UINT32_C(0x599D99AD)

typedef struct path_reader {
    const uint8_t *id;
    size_t half; /* the next one, of 24 */
} path_reader;

/* PATH_END behind the last one. */
static unsigned next_half(path_reader *from) {
    if (from->half == 2 * (size_t)PATH_SIZE)
        return PATH_END;
    unsigned byte = from->id[from->half / 2];
    return from->half++ % 2 ? byte & 15 : byte >> 4;
}

/* A number whose first half byte, FIRST_LONG or more, was just read. false: it runs past the end. */
static bool read_long(path_reader *from, unsigned code, uint32_t *number) {
    bool upper = from->half % 2 == 1;
    uint32_t above = upper ? next_half(from) : 0;
    size_t size = code - FIRST_LONG + 1u, at = from->half / 2;
    if (at + size > PATH_SIZE)
        return false;
    uint64_t value = above;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | from->id[at + i];
    *number = (uint32_t)value;
    at += size;
    /* .NET counts the bytes of a number before it puts its upper bits into the half byte: one zero too many follows. */
    at += above && at < PATH_SIZE && from->id[at] == 0;
    from->half = 2 * at;
    return true;
}

static bool checks(const uint8_t *id, uint32_t process_id) {
    uint32_t sum = ek_load32(id) + ek_load32(id + 4) + ek_load32(id + 8) + CHECK_ADDEND, check = ek_load32(id + 12);
    return check == sum || check == (sum ^ process_id);
}

uint8_t *ek_write_activity_path(uint8_t *at, const uint8_t id[16], uint32_t process_id) {
    path_reader from = {id, 0};
    unsigned code = next_half(&from);
    if (code == PATH_END || !checks(id, process_id))
        return NULL;
    *at++ = '/';
    for (; code != PATH_END; code = next_half(&from)) {
        uint32_t number = code;
        bool overflown = code == OVERFLOWN;
        if (overflown && (code = next_half(&from)) < FIRST_LONG)
            return NULL; /* of no meaning yet */
        if (code > LARGEST_PLAIN && !read_long(&from, code, &number))
            return NULL;
        *at++ = overflown ? '$' : '/';
        at = ek_write_u64(at, number);
    }
    *at++ = '/';
    return at;
}
