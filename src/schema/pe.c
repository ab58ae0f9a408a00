/* SPDX-License-Identifier: MIT */
/* Reads the headers, sections and resource directories of Windows binaries. Knows no resource's content. */
#include "schema/pe.h"

#include "base/bytes.h"
#include "base/error.h"

/* Headers: where their members stand, and sizes. Everything else about them does not matter here. */
enum {
    DOS_SIZE = 0x40,
    DOS_NEW_HEADER = 0x3C,
    COFF_SIZE = 24, /* with its signature */
    COFF_SECTIONS = 6,
    COFF_OPTIONAL_SIZE = 20,
    OPTIONAL_32 = 0x10B,
    OPTIONAL_64 = 0x20B,
    DIRECTORIES_32 = 96, /* in the optional header; their number stands in front */
    DIRECTORIES_64 = 112,
    DIRECTORY_RESOURCES = 2,
    SECTION_SIZE = 40,
    SECTION_ADDRESS = 12,
    SECTION_RAW_SIZE = 16,
    SECTION_RAW_OFFSET = 20
};
/* Resource directories. */
enum {
    DIRECTORY_SIZE = 16,
    DIRECTORY_NAMED = 12,
    DIRECTORY_NUMBERED = 14,
    ENTRY_SIZE = 8,
    LEAF_SIZE = 16,
    ENGLISH = 0x409
};
#define ENTRY_HIGH 0x80000000u /* of a name: it is a text; of an offset: it leads to a directory */

static etwkit_status damaged(etwkit_error *error, const char *what) {
    return ek_fail(error, ETWKIT_E_DAMAGED, "Windows binary: %s", what);
}

/* The new header, or NULL. */
static const uint8_t *new_header(const uint8_t *data, size_t size) {
    if (size < DOS_SIZE || data[0] != 'M' || data[1] != 'Z')
        return NULL;
    size_t at = ek_load32(data + DOS_NEW_HEADER);
    if (at > size || size - at < COFF_SIZE || memcmp(data + at, "PE\0\0", 4) != 0)
        return NULL;
    return data + at;
}

bool ek_pe_is(const void *data, size_t size) {
    return new_header(data, size) != NULL;
}

/* What the file has of the section that an address lies in, from there to the section's end. */
static bool at_address(const ek_pe *pe, uint32_t address, const uint8_t **found, size_t *left) {
    for (size_t i = 0; i < pe->section_count; i++) {
        const uint8_t *section = pe->sections + i * SECTION_SIZE;
        uint32_t start = ek_load32(section + SECTION_ADDRESS);
        size_t size = ek_load32(section + SECTION_RAW_SIZE), offset = ek_load32(section + SECTION_RAW_OFFSET);
        if (address < start || address - start >= size)
            continue;
        if (offset >= pe->size)
            return false;
        size = size < pe->size - offset ? size : pe->size - offset;
        if (address - start >= size)
            return false;
        *found = pe->data + offset + (address - start);
        *left = size - (address - start);
        return true;
    }
    return false;
}

static etwkit_status find_resources(ek_pe *pe, const uint8_t *optional, size_t size, etwkit_error *error) {
    size_t directories = 0;
    if (size >= 2 && ek_load16(optional) == OPTIONAL_32)
        directories = DIRECTORIES_32;
    else if (size >= 2 && ek_load16(optional) == OPTIONAL_64)
        directories = DIRECTORIES_64;
    else
        return ek_fail(error, ETWKIT_E_UNSUPPORTED, "Windows binary: of neither 32 nor 64 bits");
    size_t mine = directories + (size_t)DIRECTORY_RESOURCES * 8;
    if (size < mine + 8 || ek_load32(optional + directories - 4) <= DIRECTORY_RESOURCES)
        return ETWKIT_OK;
    uint32_t address = ek_load32(optional + mine);
    if (address == 0)
        return ETWKIT_OK;
    if (!at_address(pe, address, &pe->resources, &pe->resources_size))
        return damaged(error, "its resources lie outside of it");
    return ETWKIT_OK;
}

etwkit_status ek_pe_open(ek_pe *pe, const void *data, size_t size, etwkit_error *error) {
    const uint8_t *coff = new_header(data, size);
    *pe = (ek_pe){.data = data, .size = size};
    if (!coff)
        return ek_fail(error, ETWKIT_E_UNSUPPORTED, "it is no Windows binary");
    const uint8_t *optional = coff + COFF_SIZE;
    size_t left = size - (size_t)(optional - pe->data), optional_size = ek_load16(coff + COFF_OPTIONAL_SIZE);
    pe->section_count = ek_load16(coff + COFF_SECTIONS);
    if (optional_size > left || pe->section_count > (left - optional_size) / SECTION_SIZE)
        return damaged(error, "it ends inside its headers");
    pe->sections = optional + optional_size;
    return find_resources(pe, optional, optional_size, error);
}

/* One directory whose entries are all there. */
typedef struct directory {
    const uint8_t *entries;
    size_t count;
} directory;

static bool open_directory(const ek_pe *pe, size_t offset, directory *opened) {
    if (offset > pe->resources_size || pe->resources_size - offset < DIRECTORY_SIZE)
        return false;
    const uint8_t *at = pe->resources + offset;
    opened->entries = at + DIRECTORY_SIZE;
    opened->count = (size_t)ek_load16(at + DIRECTORY_NAMED) + ek_load16(at + DIRECTORY_NUMBERED);
    return opened->count <= (pe->resources_size - offset - DIRECTORY_SIZE) / ENTRY_SIZE;
}

static uint32_t entry_name(const directory *in, size_t index) {
    return ek_load32(in->entries + index * ENTRY_SIZE);
}

static uint32_t entry_offset(const directory *in, size_t index) {
    return ek_load32(in->entries + index * ENTRY_SIZE + 4);
}

/* Is the text at an offset, a length and UTF-16, this one? */
static bool has_text(const ek_pe *pe, size_t offset, const char *text) {
    size_t length = strlen(text);
    if (offset > pe->resources_size || pe->resources_size - offset < 2 + 2 * length)
        return false;
    const uint8_t *at = pe->resources + offset;
    if (ek_load16(at) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (ek_load16(at + 2 + 2 * i) != (uint8_t)text[i])
            return false;
    return true;
}

static bool find_type(const ek_pe *pe, const directory *in, const char *type, uint32_t type_id, uint32_t *offset) {
    for (size_t i = 0; i < in->count; i++) {
        uint32_t name = entry_name(in, i);
        bool same = type ? (name & ENTRY_HIGH) && has_text(pe, name & ~ENTRY_HIGH, type) : name == type_id;
        if (same) {
            *offset = entry_offset(in, i);
            return true;
        }
    }
    return false;
}

/* The entry of the language that is wanted most. */
static uint32_t choose_language(const directory *in) {
    size_t best = 0;
    for (size_t i = 0; i < in->count; i++) {
        if (entry_name(in, i) == ENGLISH)
            return entry_offset(in, i);
        if (entry_name(in, i) == 0)
            best = i;
    }
    return entry_offset(in, best);
}

static etwkit_status take_leaf(const ek_pe *pe, size_t offset, ek_pe_resource *resource, etwkit_error *error) {
    if (offset > pe->resources_size || pe->resources_size - offset < LEAF_SIZE)
        return damaged(error, "a resource's place lies outside of it");
    const uint8_t *leaf = pe->resources + offset;
    size_t left;
    resource->size = ek_load32(leaf + 4);
    if (!at_address(pe, ek_load32(leaf), &resource->data, &left) || left < resource->size)
        return damaged(error, "a resource lies outside of it");
    return ETWKIT_OK;
}

/* The three levels are types, names, languages. */
etwkit_status ek_pe_resource_at(const ek_pe *pe, const char *type, uint32_t type_id, size_t index,
                                ek_pe_resource *resource, etwkit_error *error) {
    directory types, names, languages;
    uint32_t offset;
    *resource = (ek_pe_resource){0};
    if (!pe->resources)
        return ETWKIT_ABSENT;
    if (!open_directory(pe, 0, &types))
        return damaged(error, "a directory of resources lies outside of it");
    if (!find_type(pe, &types, type, type_id, &offset))
        return ETWKIT_ABSENT;
    if (!(offset & ENTRY_HIGH) || !open_directory(pe, offset & ~ENTRY_HIGH, &names))
        return damaged(error, "a directory of resources lies outside of it");
    if (index >= names.count)
        return ETWKIT_ABSENT;
    offset = entry_offset(&names, index);
    if (!(offset & ENTRY_HIGH) || !open_directory(pe, offset & ~ENTRY_HIGH, &languages) || !languages.count)
        return damaged(error, "a directory of resources lies outside of it");
    return take_leaf(pe, choose_language(&languages), resource, error);
}
