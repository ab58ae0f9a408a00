/* SPDX-License-Identifier: MIT */
/* The sample's disk, files, network and processors: what the kernel tells while programs run. Knows no programs. */
#include "sample.h"

#include <string.h>

static const char *const file_names[] = {
    "\\Device\\HarddiskVolume3\\Windows\\System32\\config\\SOFTWARE",
    "\\Device\\HarddiskVolume3\\Users\\Zo\xC3\xAB\\Documents\\orders.db",
    "\\Device\\HarddiskVolume3\\Users\\Zo\xC3\xAB\\Documents\\orders.db-wal",
    "\\Device\\HarddiskVolume3\\Windows\\Prefetch\\SHOP.EXE-5A2B1C3D.pf",
    "\\Device\\HarddiskVolume3\\$LogFile",
    "\\Device\\HarddiskVolume3\\Temp\\\xF0\x9F\x93\x8A report.xlsx",
};
enum {
    FILES = sizeof file_names / sizeof file_names[0]
};

static uint64_t kernel_pointer(const sample_trace *sample, uint32_t low) {
    return sample->pointer_size == 8 ? UINT64_C(0xFFFFBE0F80000000) + low : 0x86000000 + low / 16;
}

static uint64_t file_object(const sample_trace *sample, uint32_t number) {
    return kernel_pointer(sample, 0x40D0 + number * 0x1280);
}

void sample_files(sample_trace *sample, uint8_t opcode) {
    for (uint32_t i = 0; i < FILES; i++) {
        sample_begin(sample);
        sample_pointer(sample, file_object(sample, i));
        sample_wide(sample, file_names[i]);
        etwkit_record record = sample_kernel(sample, SAMPLE_FILE_IO, opcode, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
        sample_write(sample, &record, NULL, 0);
    }
}

/* A request and, some time later, its completion. */
void sample_disk(sample_trace *sample) {
    const sample_process *process = sample_any_process(sample);
    uint32_t thread = sample_any_thread(sample, process), what = sample_dice(sample, 8);
    uint8_t opcode = what < 5 ? 10 : what < 7 ? 11 : 14; /* reads, writes, flushes */
    uint64_t packet = kernel_pointer(sample, 0x800000 + sample_dice(sample, 0x1000) * 0x10);
    sample_begin(sample);
    sample_pointer(sample, packet);
    sample_u32(sample, thread);
    etwkit_record begin = sample_kernel(sample, SAMPLE_DISK_IO, opcode == 14 ? 15 : opcode + 2, 3, process->id, thread);
    sample_write(sample, &begin, NULL, 0);
    int64_t asked = sample_ticks(sample);
    sample_wait(sample, 5000);
    uint64_t took = (uint64_t)(sample_ticks(sample) - asked);
    sample_begin(sample);
    sample_u32(sample, 0);
    sample_u32(sample, opcode == 10 ? 0x60043 : 0x60A01);
    if (opcode == 14) {
        sample_u64(sample, took);
        sample_pointer(sample, packet);
    } else {
        sample_u32(sample, UINT32_C(512) << sample_dice(sample, 8));
        sample_u32(sample, 0);
        sample_u64(sample, (uint64_t)sample_dice(sample, 0x10000000) << 12);
        sample_pointer(sample, file_object(sample, sample_dice(sample, FILES)));
        sample_pointer(sample, packet);
        sample_u64(sample, took);
    }
    sample_u32(sample, thread);
    etwkit_record end = sample_kernel(sample, SAMPLE_DISK_IO, opcode, 3, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &end, NULL, 0);
}

static void write_file(sample_trace *sample, uint8_t opcode, uint8_t version, const sample_process *process,
                       uint32_t thread) {
    etwkit_record record = sample_kernel(sample, SAMPLE_FILE_IO, opcode, version, process->id, thread);
    sample_write(sample, &record, NULL, 0);
}

/* Create, read or write, close, and the end of each of them. */
void sample_file(sample_trace *sample) {
    const sample_process *process = sample_any_process(sample);
    uint32_t thread = sample_any_thread(sample, process), number = sample_dice(sample, FILES);
    uint64_t packet = kernel_pointer(sample, 0xA00000 + sample_dice(sample, 0x1000) * 0x10);
    uint64_t object = file_object(sample, number);
    sample_begin(sample);
    sample_pointer(sample, packet);
    sample_pointer(sample, object);
    sample_u32(sample, thread);
    sample_u32(sample, 0x01200060);
    sample_u32(sample, 0x80);
    sample_u32(sample, 7);
    sample_wide(sample, file_names[number]);
    write_file(sample, 64, 3, process, thread);
    sample_wait(sample, 300);
    sample_begin(sample);
    sample_u64(sample, (uint64_t)sample_dice(sample, 4096) * 512);
    sample_pointer(sample, packet);
    sample_pointer(sample, object);
    sample_pointer(sample, object + 0x100);
    sample_u32(sample, thread);
    sample_u32(sample, 4096);
    sample_u32(sample, 0x60900);
    write_file(sample, sample_dice(sample, 2) ? 67 : 68, 3, process, thread);
    sample_wait(sample, 300);
    sample_begin(sample);
    sample_pointer(sample, packet);
    sample_pointer(sample, 4096);
    sample_u32(sample, sample_dice(sample, 9) ? 0 : 0xC0000011); /* end of file */
    write_file(sample, 76, 2, process, thread);
    sample_begin(sample);
    sample_pointer(sample, packet);
    sample_pointer(sample, object);
    sample_pointer(sample, object + 0x100);
    sample_u32(sample, thread);
    write_file(sample, 66, 3, process, thread);
}

static void put_addresses(sample_trace *sample, bool v6) {
    static const uint8_t here4[] = {192, 168, 7, 12},
                         here6[] = {0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0x1C, 0x2D, 3, 0x4E, 0x5F, 0x60, 0x71, 0x82};
    uint8_t there6[] = {0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    uint8_t there4[] = {203, 0, 113, 1};
    there6[15] = there4[3] = (uint8_t)sample_dice(sample, 200);
    sample_put(sample, v6 ? there6 : there4, v6 ? 16 : 4);
    sample_put(sample, v6 ? here6 : here4, v6 ? 16 : 4);
}

static void write_network(sample_trace *sample, sample_class class, uint8_t opcode, const sample_process *process) {
    bool v6 = opcode >= 26;
    uint8_t what = v6 ? opcode - 16 : opcode;
    bool connects = class == SAMPLE_TCP_IP && (what == 12 || what == 15);
    sample_begin(sample);
    sample_u32(sample, process->id);
    sample_u32(sample, connects ? 0 : 1 + sample_dice(sample, 1460));
    put_addresses(sample, v6);
    sample_u16_be(sample, class == SAMPLE_TCP_IP ? 443 : 53);
    sample_u16_be(sample, 49152 + process->id % 16384);
    if (connects) {
        sample_u16(sample, 1460);
        sample_u16(sample, 1);
        sample_u16(sample, 0);
        sample_u16(sample, 1);
        sample_u32(sample, 65535);
        sample_u16(sample, 8);
        sample_u16(sample, (uint32_t)-1); /* a signed field */
    } else if (class == SAMPLE_TCP_IP && what == 10) {
        sample_u32(sample, (uint32_t)(sample->elapsed / 15625000));
        sample_u32(sample, (uint32_t)(sample->elapsed / 15625000));
    }
    sample_u32(sample, 0);
    sample_pointer(sample, kernel_pointer(sample, 0xC00000 + process->id * 0x40));
    etwkit_record record = sample_kernel(sample, class, opcode, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &record, NULL, 0);
}

/* A name is asked for, a connection made, used and closed; at times one fails. */
void sample_network(sample_trace *sample) {
    static const uint8_t steps[] = {12, 10, 11, 11, 18, 14, 10, 13};
    const sample_process *process = sample_any_process(sample);
    uint8_t version = sample_dice(sample, 2) ? 16 : 0; /* IPv6 opcodes are 16 higher */
    write_network(sample, SAMPLE_UDP_IP, (uint8_t)(10 + version), process);
    sample_wait(sample, 3000);
    write_network(sample, SAMPLE_UDP_IP, (uint8_t)(11 + version), process);
    if (sample_dice(sample, 10) == 0) {
        sample_begin(sample);
        sample_u16(sample, version ? 23 : 2);
        sample_u16(sample, 10061);
        etwkit_record record = sample_kernel(sample, SAMPLE_TCP_IP, 17, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
        sample_write(sample, &record, NULL, 0);
        return;
    }
    for (size_t i = 0; i < sizeof steps; i++) {
        sample_wait(sample, 2000);
        if (i == 0 || i + 1 == sizeof steps || sample_dice(sample, 3))
            write_network(sample, SAMPLE_TCP_IP, (uint8_t)(steps[i] + version), process);
    }
}

/* The stack of an event that carries none itself: found by the event's raw time. */
static void write_stack(sample_trace *sample, int64_t of, const sample_process *process, uint32_t thread) {
    uint64_t frames[24];
    size_t depth = sample_stack(sample, process, frames, sizeof frames / sizeof frames[0]);
    sample_begin(sample);
    sample_u64(sample, (uint64_t)of);
    sample_u32(sample, process->id);
    sample_u32(sample, thread);
    for (size_t i = 0; i < depth; i++)
        sample_pointer(sample, frames[i]);
    etwkit_record record = sample_kernel(sample, SAMPLE_STACK_WALK, 32, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &record, NULL, 0);
}

/* The same stack as a key, told once with its frames. */
static void write_stack_key(sample_trace *sample, int64_t of, const sample_process *process, uint32_t thread) {
    uint64_t key = kernel_pointer(sample, 0xE00000 + process->id * 0x80);
    sample_begin(sample);
    sample_u64(sample, (uint64_t)of);
    sample_u32(sample, process->id);
    sample_u32(sample, thread);
    sample_pointer(sample, key);
    etwkit_record use = sample_kernel(sample, SAMPLE_STACK_WALK, 38, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &use, NULL, 0);
    sample_wait(sample, 20);
    sample_begin(sample);
    sample_pointer(sample, key);
    for (uint64_t i = 0; i < 3; i++)
        sample_pointer(sample, (process->images[0] ? process->images[0] : 0x10000) + 0x1234 + i * 0x100);
    etwkit_record definition = sample_kernel(sample, SAMPLE_STACK_WALK, 34, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &definition, NULL, 0);
}

void sample_profile(sample_trace *sample) {
    const sample_process *process = sample_dice(sample, 4) ? sample_any_process(sample) : &sample->processes[0];
    uint32_t thread = sample_any_thread(sample, process);
    int64_t now = sample_ticks(sample);
    sample_begin(sample);
    sample_pointer(sample, sample_address(sample, process, process->id == 0 || sample_dice(sample, 3) == 0));
    sample_u32(sample, thread);
    sample_u16(sample, 1);
    sample_u8(sample, sample_dice(sample, 4) == 0);
    sample_u8(sample, 0);
    etwkit_record record = sample_kernel(sample, SAMPLE_PERF_INFO, 46, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &record, NULL, 0);
    if (process->id == 0)
        return;
    sample_wait(sample, 10);
    if (sample_dice(sample, 4))
        write_stack(sample, now, process, thread);
    else
        write_stack_key(sample, now, process, thread);
}

/* A thread is made ready, another one gives way; interrupts come between. */
void sample_schedule(sample_trace *sample) {
    const sample_process *from = sample_any_process(sample), *to = sample_any_process(sample);
    uint32_t old = sample_any_thread(sample, from), new = sample_any_thread(sample, to);
    sample_begin(sample);
    sample_u32(sample, new);
    sample_u8(sample, 1);
    sample_u8(sample, 2);
    sample_u8(sample, 0);
    sample_u8(sample, 0);
    etwkit_record ready = sample_kernel(sample, SAMPLE_THREAD, 50, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &ready, NULL, 0);
    sample_wait(sample, 30);
    sample_begin(sample);
    sample_u32(sample, new);
    sample_u32(sample, old);
    sample_u32(sample, 0x00010908); /* priorities 8 and 9, C-state 1 */
    sample_u32(sample, 0x00050105);
    sample_u32(sample, sample_dice(sample, 50));
    sample_u32(sample, 0);
    etwkit_record change = sample_kernel(sample, SAMPLE_THREAD, 36, 4, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &change, NULL, 0);
    int64_t began = sample_ticks(sample);
    sample_wait(sample, 30);
    sample_begin(sample);
    sample_u64(sample, (uint64_t)began);
    sample_pointer(sample, sample_address(sample, to, true));
    etwkit_record dpc = sample_kernel(sample, SAMPLE_PERF_INFO, 68, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &dpc, NULL, 0);
    /* The smaller header of the kernel's, which no trace of ours has seen. */
    sample_begin(sample);
    sample_u32(sample, new);
    sample_u8(sample, 8);
    sample_u8(sample, 9);
    sample_u16(sample, 0);
    etwkit_record priority = sample_kernel(sample, SAMPLE_THREAD, 48, 3, to->id, new);
    priority.header_kind = sample->pointer_size == 8 ? ETWKIT_HEADER_COMPACT64 : ETWKIT_HEADER_COMPACT32;
    sample_write(sample, &priority, NULL, 0);
}

void sample_fault(sample_trace *sample) {
    const sample_process *process = sample_any_process(sample);
    int64_t began = sample_ticks(sample);
    sample_wait(sample, 900);
    sample_begin(sample);
    sample_u64(sample, (uint64_t)began);
    sample_u64(sample, (uint64_t)sample_dice(sample, 0x10000) << 12);
    sample_pointer(sample, sample_address(sample, process, false) & ~UINT64_C(0xFFF));
    sample_pointer(sample, file_object(sample, sample_dice(sample, FILES)));
    sample_u32(sample, sample_any_thread(sample, process));
    sample_u32(sample, 4096 * (1 + sample_dice(sample, 8)));
    etwkit_record record = sample_kernel(sample, SAMPLE_PAGE_FAULT, 32, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &record, NULL, 0);
}
