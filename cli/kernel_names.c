/* SPDX-License-Identifier: MIT */
/* The names: groups as EVENT_TRACE_PROPERTIES.EnableFlags has them, kinds as the kernel's MOF classes have them, and
 * what xperf calls both. https://learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-event_trace_properties,
 * https://learn.microsoft.com/windows/win32/etw/msnt-systemtrace */
#include "kernel_names.h"

#include <string.h>

static const struct {
    const char *name, *xperf; /* NULL: it has none */
    uint32_t flags;
} groups[] = {
    {"process", "PROC", 0x00000001},
    {"thread", NULL, 0x00000002},
    {"image", "LOADER", 0x00000004},
    {"process-counters", NULL, 0x00000008},
    {"cswitch", "CSWITCH", 0x00000010},
    {"dpc", "DPC", 0x00000020},
    {"interrupt", "INTERRUPT", 0x00000040},
    {"syscall", "SYSCALL", 0x00000080},
    {"disk", "DISK_IO", 0x00000100},
    {"file-name", "FILENAME", 0x00000200},
    {"disk-init", "DISK_IO_INIT", 0x00000400},
    {"dispatcher", "DISPATCHER", 0x00000800},
    {"page-fault", "ALL_FAULTS", 0x00001000},
    {"hard-fault", "HARD_FAULTS", 0x00002000},
    {"virtual-alloc", "VIRT_ALLOC", 0x00004000},
    {"va-map", "VAMAP", 0x00008000},
    {"network", "NETWORKTRACE", 0x00010000},
    {"registry", "REGISTRY", 0x00020000},
    {"debug-print", NULL, 0x00040000},
    {"job", NULL, 0x00080000},
    {"alpc", "ALPC", 0x00100000},
    {"split-io", "SPLIT_IO", 0x00200000},
    {"driver", "DRIVERS", 0x00800000},
    {"profile", "PROFILE", 0x01000000},
    {"file", "FILE_IO", 0x02000000},
    {"file-init", "FILE_IO_INIT", 0x04000000},
    {"process-thread", "PROC_THREAD", 0x00000003},
    {"none", NULL, 0}, /* a system logger for what system providers write */
};

#define CLASS(name, ...) \
    { name, ETWKIT_GUID_INIT(__VA_ARGS__) }
static const struct {
    const char *name;
    etwkit_guid id;
} classes[] = {
    CLASS("process", 0x3d6fa8d0, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c),
    CLASS("thread", 0x3d6fa8d1, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c),
    CLASS("memory", 0x3d6fa8d3, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c),
    CLASS("disk", 0x3d6fa8d4, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c),
    CLASS("file", 0x90cbdc39, 0x4a3e, 0x11d1, 0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3),
    CLASS("image", 0x2cb15d1d, 0x5fc1, 0x11d2, 0xab, 0xe1, 0x00, 0xa0, 0xc9, 0x11, 0xf5, 0x18),
    CLASS("tcpip", 0x9a280ac0, 0xc8e0, 0x11d1, 0x84, 0xe2, 0x00, 0xc0, 0x4f, 0xb9, 0x98, 0xa2),
    CLASS("udpip", 0xbf3a50c5, 0xa9c9, 0x4988, 0xa0, 0x05, 0x2d, 0xf0, 0xb7, 0xc8, 0x0f, 0x80),
    CLASS("registry", 0xae53722e, 0xc863, 0x11d2, 0x86, 0x59, 0x00, 0xc0, 0x4f, 0xa3, 0x21, 0xa1),
    CLASS("perfinfo", 0xce1dbfb4, 0x137e, 0x4da6, 0x87, 0xb0, 0x3f, 0x59, 0xaa, 0x10, 0x2c, 0xbc),
    CLASS("alpc", 0x45d8cccd, 0x539f, 0x4b72, 0xa8, 0xb7, 0x5c, 0x68, 0x31, 0x42, 0x60, 0x9a),
};

static const struct {
    const char *name, *class;
    uint8_t type;
} kinds[] = {
    {"ProcessCreate", "process", 1},
    {"ProcessDelete", "process", 2},
    {"ImageLoad", "image", 10},
    {"ImageUnload", "image", 2},
    {"ThreadCreate", "thread", 1},
    {"ThreadDelete", "thread", 2},
    {"CSwitch", "thread", 36},
    {"ReadyThread", "thread", 50},
    {"Profile", "perfinfo", 46},
    {"SyscallEnter", "perfinfo", 51},
    {"SyscallExit", "perfinfo", 52},
    {"DiskReadInit", "disk", 12},
    {"DiskWriteInit", "disk", 13},
    {"DiskFlushInit", "disk", 15},
    {"HardFault", "memory", 32},
    {"PagefaultTransition", "memory", 10},
    {"PagefaultDemandZero", "memory", 11},
    {"PagefaultCopyOnWrite", "memory", 12},
    {"PagefaultGuard", "memory", 13},
    {"PagefaultHard", "memory", 14},
    {"PagefaultAV", "memory", 15},
    {"VirtualAlloc", "memory", 98},
    {"VirtualFree", "memory", 99},
    {"FileCreate", "file", 64},
    {"FileCleanup", "file", 65},
    {"FileClose", "file", 66},
    {"FileRead", "file", 67},
    {"FileWrite", "file", 68},
    {"FileSetInformation", "file", 69},
    {"FileDelete", "file", 70},
    {"FileRename", "file", 71},
    {"FileDirEnum", "file", 72},
    {"FileFlush", "file", 73},
    {"FileQueryInformation", "file", 74},
    {"FileFSCTL", "file", 75},
    {"FileOpEnd", "file", 76},
    {"FileDirNotify", "file", 77},
    {"RegCreateKey", "registry", 10},
    {"RegOpenKey", "registry", 11},
    {"RegDeleteKey", "registry", 12},
    {"RegQueryKey", "registry", 13},
    {"RegSetValue", "registry", 14},
    {"RegDeleteValue", "registry", 15},
    {"RegQueryValue", "registry", 16},
    {"RegEnumerateKey", "registry", 17},
    {"RegEnumerateValueKey", "registry", 18},
    {"AlpcSendMessage", "alpc", 33},
    {"AlpcReceiveMessage", "alpc", 34},
};

enum {
    GROUPS = sizeof groups / sizeof groups[0],
    CLASSES = sizeof classes / sizeof classes[0],
    KINDS = sizeof kinds / sizeof kinds[0],
    TYPE_MOST = 255
};

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Without case; NULL is no name. */
static bool is_name(const char *name, const char *text, size_t length) {
    size_t i = 0;
    for (; name && i < length && lower(name[i]) == lower(text[i]) && name[i]; i++)
        continue;
    return name && i == length && name[i] == 0;
}

static bool number_of(const char *text, size_t length, uint64_t *number) {
    char copy[24];
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = 0;
    return cli_number(copy, number);
}

static bool add_group(const char *name, size_t length, uint32_t *flags) {
    uint64_t number;
    for (size_t i = 0; i < GROUPS; i++)
        if (is_name(groups[i].name, name, length) || is_name(groups[i].xperf, name, length)) {
            *flags |= groups[i].flags;
            return true;
        }
    if (!number_of(name, length, &number) || number == 0 || number > UINT32_MAX)
        return false;
    *flags |= (uint32_t)number;
    return true;
}

bool kernel_groups_add(const char *names, uint32_t *flags, const char **wrong) {
    for (;; names++) {
        size_t length = strcspn(names, ",+");
        *wrong = names;
        if (!add_group(names, length, flags))
            return false;
        names += length;
        if (*names == 0)
            return true;
    }
}

static bool find_class(const char *name, size_t length, etwkit_guid *id) {
    for (size_t i = 0; i < CLASSES; i++)
        if (is_name(classes[i].name, name, length)) {
            *id = classes[i].id;
            return true;
        }
    return false;
}

static bool find_kind(const char *name, size_t length, etwkit_classic_event *event) {
    uint64_t type;
    for (size_t i = 0; i < KINDS; i++)
        if (is_name(kinds[i].name, name, length)) {
            event->type = kinds[i].type;
            return find_class(kinds[i].class, strlen(kinds[i].class), &event->class_id);
        }
    const char *slash = memchr(name, '/', length);
    size_t before = slash ? (size_t)(slash - name) : 0;
    if (!slash || !number_of(slash + 1, length - before - 1, &type) || type > TYPE_MOST)
        return false;
    event->type = (uint8_t)type;
    return find_class(name, before, &event->class_id);
}

bool kernel_stacks_add(const char *names, etwkit_classic_event **events, size_t *count, const char **wrong) {
    for (;; names++) {
        size_t length = strcspn(names, ",+");
        etwkit_classic_event event;
        *wrong = names;
        if (!find_kind(names, length, &event))
            return false;
        *events = cli_resize(*events, *count + 1, sizeof **events);
        (*events)[(*count)++] = event;
        names += length;
        if (*names == 0)
            return true;
    }
}

const char *kernel_group_names(void) {
    static char names[512]; /* made once */
    for (size_t i = 0, used = strlen(names); i < GROUPS && used == 0; i++) {
        size_t at = strlen(names);
        cli_format(names + at, sizeof names - at, "%s%s", i ? ", " : "", groups[i].name);
    }
    return names;
}
