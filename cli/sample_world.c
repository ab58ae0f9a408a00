/* SPDX-License-Identifier: MIT */
/* The sample's processes, threads and images, and the kernel's events of their coming and going. Knows no other events.
 */
#include "sample.h"

#include <string.h>

typedef struct sample_program {
    const char *image_name;
    const char *command_line;
    uint32_t user;
    bool narrow;
} sample_program;

/* Those that were there before, the most important first. */
static const sample_program residents[] = {
    {"Idle", "", 0, false},
    {"System", "", 0, false},
    {"csrss.exe", "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows", 0, false},
    {"services.exe", "C:\\Windows\\system32\\services.exe", 0, false},
    {"svchost.exe", "C:\\Windows\\system32\\svchost.exe -k NetworkService -p", 1, false},
    {"explorer.exe", "C:\\Windows\\Explorer.EXE", 2, false},
    {"shop.exe", "\"C:\\Program Files\\Contoso\\shop.exe\" --listen [::]:8443", 2, false},
    {"sensors.exe", "\"C:\\Program Files (x86)\\Fabrikam\\sensors.exe\" /tray", 2, true},
};

/* Those that come and go. One name is in a code page, as ANSI names are; one command line holds what JSON must escape.
 */
static const sample_program visitors[] = {
    {"cmd.exe", "cmd /c dir", 2, false},
    {"git.exe", "git.exe fetch --all --prune", 2, false},
    {"cl.exe", "cl.exe /nologo /W4 /c \"src\\main.c\"", 2, true},
    {"python.exe", "python.exe -c \"print('\xE2\x82\xAC \xF0\x9F\x98\x80')\"", 2, false},
    {"caf\xE9.exe", "C:\\Users\\Zo\xC3\xAB\\caf\xC3\xA9.exe\t\"tab and \\ backslash\"", 2, false},
    {"curl.exe", "curl https://example.com/", 2, false},
};

typedef struct sample_image {
    const char *path;
    uint64_t base;
    uint32_t size;
    uint32_t stamp;
} sample_image;

enum {
    KERNEL_IMAGES = 2
};

/* Loaded by every process; the first two by the kernel. */
static const sample_image images[SAMPLE_IMAGES + KERNEL_IMAGES] = {
    {"\\SystemRoot\\system32\\ntoskrnl.exe", UINT64_C(0xFFFFF80312A00000), 0x01046000, 0x5F6BAE82},
    {"\\SystemRoot\\System32\\drivers\\tcpip.sys", UINT64_C(0xFFFFF80315800000), 0x002EC000, 0x6A29BC60},
    {"\\Device\\HarddiskVolume3\\Windows\\System32\\ntdll.dll", UINT64_C(0x00007FF9B1D10000), 0x001F6000, 0xB29ECF52},
    {"\\Device\\HarddiskVolume3\\Windows\\System32\\kernel32.dll", UINT64_C(0x00007FF9B0460000), 0x000BE000,
     0xE9AF7D03},
    {"\\Device\\HarddiskVolume3\\Windows\\System32\\ws2_32.dll", UINT64_C(0x00007FF9B1650000), 0x0006B000, 0xCC1BDF3A},
    {"\\Device\\HarddiskVolume3\\Windows\\System32\\user32.dll", UINT64_C(0x00007FF9B0AA0000), 0x001A0000, 0x57A7C9F1},
    {"\\Device\\HarddiskVolume3\\Windows\\System32\\clr.dll", UINT64_C(0x00007FF986B20000), 0x00AC2000, 0x5EF2A1B8},
    {"\\Device\\HarddiskVolume3\\Temp\\plug-in \xE2\x84\x96 7.dll", UINT64_C(0x0000000180000000), 0x00012000,
     0x66123456},
};

const uint8_t *sample_sid(uint32_t user, size_t *size) {
    static const uint8_t system[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    static const uint8_t network[] = {1, 1, 0, 0, 0, 0, 0, 5, 20, 0, 0, 0};
    static const uint8_t person[] = {1,    5,    0,    0,    0,    0,    0,    5,    21,   0,    0,    0,    0x5C, 0x0D,
                                     0x3A, 0x7B, 0x11, 0x22, 0x33, 0x44, 0x99, 0x88, 0x77, 0x66, 0xE9, 0x03, 0,    0};
    *size = user == 2 ? sizeof person : sizeof system;
    return user == 0 ? system : user == 1 ? network : person;
}

static uint64_t image_base(const sample_trace *sample, size_t number) {
    uint64_t base = images[number].base;
    if (sample->pointer_size == 8)
        return base;
    return number < KERNEL_IMAGES ? 0x82600000 + number * 0x02000000 : 0x76000000 + number * 0x01000000;
}

static uint32_t new_id(sample_trace *sample) {
    return sample->next_id += 4 * (1 + sample_dice(sample, 12));
}

/* A place never used, else that of a process that ended. sample_process_start() looked that there is one. */
static sample_process *free_place(sample_trace *sample) {
    if (sample->process_count < SAMPLE_PROCESSES)
        return &sample->processes[sample->process_count++];
    sample_process *place = &sample->processes[SAMPLE_PROCESSES - 1];
    while (place->alive)
        place--;
    return place;
}

static size_t count_alive(const sample_trace *sample) {
    size_t count = 0;
    for (size_t i = 0; i < sample->process_count; i++)
        count += sample->processes[i].alive;
    return count;
}

static sample_process *add_process(sample_trace *sample, const sample_program *program, uint32_t parent) {
    sample_process *process = free_place(sample);
    bool resident = program >= residents && program < residents + 2;
    uint32_t id = resident ? 4 * (uint32_t)(program - residents) : new_id(sample);
    uint64_t place = sample_dice(sample, 0x1000) << 12 | 0x80;
    *process = (sample_process){
        .id = id,
        .parent = parent,
        .session = program->user == 2,
        .user = program->user,
        .key = place + (sample->pointer_size == 8 ? UINT64_C(0xFFFFBE0F00000000) : 0x85000000),
        .image_name = program->image_name,
        .command_line = program->command_line,
        .thread_count = 1 + sample_dice(sample, SAMPLE_THREADS),
        .narrow = program->narrow && sample->pointer_size == 8,
        .alive = true,
    };
    for (unsigned i = 0; i < process->thread_count; i++)
        process->threads[i] = process->id == 0 ? 0 : new_id(sample);
    if (process->id == 0)
        process->thread_count = 1;
    for (size_t i = 0; i < SAMPLE_IMAGES && process->id > 4; i++)
        if (i < 2 || sample_dice(sample, 2))
            process->images[i] = image_base(sample, i + KERNEL_IMAGES);
    return process;
}

static void write_process(sample_trace *sample, const sample_process *process, uint8_t opcode, uint32_t by_process,
                          uint32_t by_thread) {
    size_t sid_size = 0;
    const uint8_t *sid = sample_sid(process->user, &sid_size);
    bool ended = opcode == 2 || opcode == 39;
    uint8_t version = opcode == 39 ? 5 : 4;
    sample_begin(sample);
    sample_pointer(sample, process->key);
    sample_u32(sample, process->id);
    sample_u32(sample, process->parent);
    sample_u32(sample, process->session);
    sample_u32(sample, ended ? (process->id % 3 == 0 ? 0xC000013A : 0) : 259); /* STILL_ACTIVE */
    sample_pointer(sample, 0x1AD002 + (uint64_t)process->id * 0x1000);
    sample_u32(sample, process->narrow ? 2 : 0);
    if (process->id == 0) {
        sample_u32(sample, 0); /* no SID */
    } else {
        sample_pointer(sample, process->key + 0x360); /* TOKEN_USER: a pointer and attributes in front of the SID */
        sample_pointer(sample, 0);
        sample_put(sample, sid, sid_size);
    }
    sample_ansi(sample, process->image_name);
    sample_wide(sample, process->command_line);
    sample_wide(sample, "");
    sample_wide(sample, "");
    if (version == 5)
        sample_u64(sample, sample_filetime(sample));
    etwkit_record record = sample_kernel(sample, SAMPLE_PROCESS, opcode, version, by_process, by_thread);
    sample_write(sample, &record, NULL, 0);
}

static void write_thread(sample_trace *sample, const sample_process *process, uint32_t thread, uint8_t opcode,
                         uint32_t by_process, uint32_t by_thread) {
    static const char *const names[] = {"GC", "listener", "worker \xC3\xA9", ""};
    bool named = thread % 3 == 0;
    uint64_t stack = process->key - 0x5000 * (uint64_t)(thread % 64);
    sample_begin(sample);
    sample_u32(sample, process->id);
    sample_u32(sample, thread);
    sample_pointer(sample, stack);
    sample_pointer(sample, stack - 0x6000);
    sample_pointer(sample, 0x1400000 + (uint64_t)thread * 0x100);
    sample_pointer(sample, 0x13F8000 + (uint64_t)thread * 0x100);
    sample_pointer(sample, UINT64_MAX >> (64 - sample->processor_count));
    sample_pointer(sample, process->images[0] ? process->images[0] + 0x21410 : 0);
    sample_pointer(sample, 0x2F0000 + (uint64_t)thread * 0x1000);
    sample_u32(sample, 0);
    sample_u8(sample, 8 + thread % 7);
    sample_u8(sample, 5);
    sample_u8(sample, 2);
    sample_u8(sample, 0);
    if (named)
        sample_wide(sample, names[thread / 3 % 4]);
    etwkit_record record = sample_kernel(sample, SAMPLE_THREAD, opcode, named ? 4 : 3, by_process, by_thread);
    sample_write(sample, &record, NULL, 0);
}

static void write_image(sample_trace *sample, const sample_process *process, size_t number, uint8_t opcode,
                        uint32_t by_process, uint32_t by_thread) {
    const sample_image *image = &images[number];
    sample_begin(sample);
    sample_pointer(sample, image_base(sample, number));
    sample_pointer(sample, image->size);
    sample_u32(sample, process->id);
    sample_u32(sample, image->size ^ image->stamp);
    sample_u32(sample, image->stamp);
    sample_u8(sample, number < KERNEL_IMAGES ? 12 : 0); /* SignatureLevel, SignatureType */
    sample_u8(sample, number < KERNEL_IMAGES ? 3 : 1);
    sample_u16(sample, 0);
    sample_pointer(sample, image_base(sample, number));
    sample_zeros(sample, 16);
    sample_wide(sample, image->path);
    etwkit_record record = sample_kernel(sample, SAMPLE_IMAGE, opcode, 3, by_process, by_thread);
    sample_write(sample, &record, NULL, 0);
}

/* What is there is told in PERFINFO headers, as nobody does it: opcode 3 at the beginning, 4 at the end. */
static void write_rundown(sample_trace *sample, uint8_t opcode) {
    for (size_t i = 0; i < KERNEL_IMAGES; i++)
        write_image(sample, &sample->processes[1], i, opcode, ETWKIT_NO_ID, ETWKIT_NO_ID);
    for (size_t i = 0; i < sample->process_count; i++) {
        const sample_process *process = &sample->processes[i];
        if (!process->alive)
            continue;
        sample_wait(sample, 20);
        write_process(sample, process, opcode, ETWKIT_NO_ID, ETWKIT_NO_ID);
        for (unsigned j = 0; j < process->thread_count; j++)
            write_thread(sample, process, process->threads[j], opcode, ETWKIT_NO_ID, ETWKIT_NO_ID);
        for (size_t j = 0; j < SAMPLE_IMAGES; j++)
            if (process->images[j])
                write_image(sample, process, j + KERNEL_IMAGES, opcode, ETWKIT_NO_ID, ETWKIT_NO_ID);
    }
}

void sample_world_begin(sample_trace *sample) {
    sample->next_id = 600;
    for (size_t i = 0; i < sizeof residents / sizeof residents[0]; i++)
        add_process(sample, &residents[i], i < 2 ? 0 : sample->processes[i == 5 || i == 2 ? 1 : i - 1].id);
    write_rundown(sample, 3);
}

void sample_world_end(sample_trace *sample) {
    write_rundown(sample, 4);
}

const sample_process *sample_any_process(sample_trace *sample) {
    size_t at = 2 + sample_dice(sample, (uint32_t)sample->process_count - 2);
    while (!sample->processes[at].alive)
        at = at + 1 < sample->process_count ? at + 1 : 2;
    return &sample->processes[at];
}

uint32_t sample_any_thread(sample_trace *sample, const sample_process *process) {
    return process->threads[sample_dice(sample, process->thread_count)];
}

void sample_process_start(sample_trace *sample) {
    if (count_alive(sample) > SAMPLE_PROCESSES / 2)
        return;
    const sample_process *parent = sample_any_process(sample);
    uint32_t by = sample_any_thread(sample, parent);
    const sample_program *program = &visitors[sample_dice(sample, sizeof visitors / sizeof visitors[0])];
    const sample_process *process = add_process(sample, program, parent->id);
    write_process(sample, process, 1, parent->id, by);
    for (unsigned i = 0; i < process->thread_count; i++) {
        sample_wait(sample, 200);
        write_thread(sample, process, process->threads[i], 1, i ? process->id : parent->id,
                     i ? process->threads[0] : by);
    }
    for (size_t i = 0; i < SAMPLE_IMAGES; i++) {
        sample_wait(sample, 100);
        if (process->images[i])
            write_image(sample, process, i + KERNEL_IMAGES, 10, process->id, process->threads[0]);
    }
}

void sample_process_end(sample_trace *sample) {
    size_t first = sizeof residents / sizeof residents[0];
    for (size_t i = first; i < sample->process_count; i++) {
        sample_process *process = &sample->processes[i];
        if (!process->alive || sample_dice(sample, 3) == 0)
            continue;
        uint32_t by = process->threads[0];
        for (unsigned j = process->thread_count; j-- > 0;)
            write_thread(sample, process, process->threads[j], 2, process->id, process->threads[j]);
        for (size_t j = 0; j < SAMPLE_IMAGES; j++)
            if (process->images[j])
                write_image(sample, process, j + KERNEL_IMAGES, 2, process->id, by);
        sample_wait(sample, 100);
        write_process(sample, process, 2, process->id, by);
        sample_begin(sample);
        sample_u32(sample, process->id);
        etwkit_record record = sample_kernel(sample, SAMPLE_PROCESS, 11, 2, process->id, by);
        sample_write(sample, &record, NULL, 0);
        if (sample_dice(sample, 2))
            write_process(sample, process, 39, process->parent, sample->processes[1].threads[0]);
        process->alive = false;
        return;
    }
}

/* The plug-in is loaded and unloaded while its process runs. */
void sample_image_come_and_go(sample_trace *sample) {
    sample_process *process = &sample->processes[sample_any_process(sample) - sample->processes];
    uint64_t *base = &process->images[SAMPLE_IMAGES - 1];
    size_t number = SAMPLE_IMAGES + KERNEL_IMAGES - 1;
    write_image(sample, process, number, *base ? 2 : 10, process->id, process->threads[0]);
    *base = *base ? 0 : image_base(sample, number);
}

uint64_t sample_address(sample_trace *sample, const sample_process *process, bool kernel) {
    size_t number = sample_dice(sample, KERNEL_IMAGES);
    if (!kernel) {
        do
            number = KERNEL_IMAGES + sample_dice(sample, SAMPLE_IMAGES);
        while (process->images[0] && !process->images[number - KERNEL_IMAGES]);
    }
    return image_base(sample, number) + 0x1000 + sample_dice(sample, images[number].size - 0x2000);
}

size_t sample_stack(sample_trace *sample, const sample_process *process, uint64_t *frames, size_t capacity) {
    size_t depth = 2 + sample_dice(sample, (uint32_t)capacity - 2);
    size_t in_kernel = process->images[0] ? sample_dice(sample, 4) : depth;
    for (size_t i = 0; i < depth; i++)
        frames[i] = sample_address(sample, process, i < in_kernel);
    return depth;
}
