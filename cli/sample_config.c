/* SPDX-License-Identifier: MIT */
/* The machine that the sample pretends to run on, told as the kernel tells it once a trace. Knows no programs. */
#include "sample.h"

static void write_config(sample_trace *sample, uint8_t opcode, uint8_t version) {
    const sample_process *system = &sample->processes[1];
    etwkit_record record = sample_kernel(sample, SAMPLE_SYSTEM_CONFIG, opcode, version, system->id, system->threads[0]);
    sample_write(sample, &record, NULL, 0);
}

static void tell_processor(sample_trace *sample) {
    sample_begin(sample);
    sample_u32(sample, 2400);
    sample_u32(sample, sample->processor_count);
    sample_u32(sample, 16316);
    sample_u32(sample, 4096);
    sample_u32(sample, 65536);
    sample_wide_fixed(sample, "CONTOSO-7", 256);
    sample_wide_fixed(sample, "WORKGROUP", 134);
    sample_pointer(sample, 1);
    sample_pointer(sample, sample->pointer_size == 8 ? UINT64_C(0x00007FFFFFFEFFFF) : 0x7FFEFFFF);
    sample_u16(sample, sample->pointer_size == 8 ? 9 : 0);
    sample_u16(sample, 6);
    sample_u16(sample, 0x8E0A);
    sample_u8(sample, 1);
    sample_u8(sample, 1);
    sample_u32(sample, 2667);
    write_config(sample, 10, 3);
}

static void tell_disk(sample_trace *sample) {
    static const uint32_t geometry[] = {0, 512, 63, 255};
    sample_begin(sample);
    for (size_t i = 0; i < 4; i++)
        sample_u32(sample, geometry[i]);
    sample_u64(sample, 62260);
    sample_zeros(sample, 16);
    sample_wide_fixed(sample, "Contoso NVMe 512G", 256);
    sample_u32(sample, 3);
    sample_u8(sample, 1);
    sample_u8(sample, 0);
    sample_wide_fixed(sample, "C:", 3);
    sample_zeros(sample, 4);
    write_config(sample, 11, 2);

    sample_begin(sample);
    sample_u64(sample, UINT64_C(0x22F00000));
    sample_u64(sample, UINT64_C(0x76E0000000));
    sample_u32(sample, 0);
    sample_u32(sample, 2);
    sample_u32(sample, 3);
    sample_wide_fixed(sample, "C:", 4);
    sample_u32(sample, 0);
    sample_u32(sample, 3);
    sample_u32(sample, 8);
    sample_u32(sample, 512);
    sample_u32(sample, 0);
    sample_u64(sample, 93417344);
    sample_u64(sample, 124649471);
    sample_wide_fixed(sample, "NTFS", 16);
    sample_u32(sample, 0);
    sample_u32(sample, 0);
    write_config(sample, 12, 2);
}

static void tell_network(sample_trace *sample) {
    sample_begin(sample);
    sample_u64(sample, UINT64_C(0x563412005E00));
    sample_u32(sample, 6);
    sample_u32(sample, 7);
    sample_u32(sample, 7);
    sample_wide(sample, "Contoso 2.5 Gigabit Ethernet");
    sample_wide(sample, "fe80::1c2d:34e:5f60:7182;192.168.7.12;");
    sample_wide(sample, "192.168.7.1;");
    write_config(sample, 13, 2);
    sample_begin(sample);
    sample_u32(sample, 4);
    sample_u32(sample, 512);
    sample_u32(sample, 65534);
    sample_u32(sample, 0);
    write_config(sample, 17, 2);
}

static void tell_services(sample_trace *sample) {
    static const char *const services[][2] = {{"Dnscache", "DNS Client"}, {"W32Time", "Windows Time"}};
    for (uint32_t i = 0; i < 2; i++) {
        sample_begin(sample);
        sample_u32(sample, sample->processes[4].id);
        sample_u32(sample, 4);
        sample_u32(sample, 40 + i);
        sample_wide(sample, services[i][0]);
        sample_wide(sample, services[i][1]);
        sample_wide(sample, "svchost.exe");
        sample_wide(sample, "TDI");
        sample_wide(sample, "NetworkService");
        write_config(sample, 15, 3);
    }
}

static void tell_device(sample_trace *sample) {
    const etwkit_guid class = sample_parse_guid("4d36e972-e325-11ce-bfc1-08002be10318");
    sample_begin(sample);
    sample_put(sample, &class, sizeof class);
    sample_u32(sample, 1);
    sample_u32(sample, 2);
    sample_u32(sample, 0x0180600A);
    sample_u32(sample, 0);
    sample_wide(sample, "PCI\\VEN_1234&DEV_5678\\3&11583659&0&FE");
    sample_wide(sample, "Contoso 2.5 Gigabit Ethernet");
    sample_wide(sample, "");
    sample_wide(sample, "\\Device\\NTPNP_PCI0013");
    sample_wide(sample, "contosonic");
    sample_wide(sample, "upper");
    sample_wide(sample, "lower one");
    sample_wide(sample, "lower two");
    write_config(sample, 22, 5);

    static const char interrupt[] = "High Definition Audio";
    sample_begin(sample);
    sample_u64(sample, 0xF);
    sample_u16(sample, 0);
    sample_u16(sample, 0);
    sample_u32(sample, 17);
    sample_u32(sample, 2 * sizeof interrupt);
    sample_wide(sample, interrupt);
    write_config(sample, 21, 3);
}

static void tell_platform(sample_trace *sample) {
    static const uint8_t power[8] = {0, 0, 1, 1, 1, 0, 0, 0};
    const etwkit_guid machine = sample_guid(sample);
    sample_begin(sample);
    sample_put(sample, power, sizeof power);
    write_config(sample, 16, 2);
    sample_begin(sample);
    sample_wide(sample, "Contoso Ltd.");
    sample_wide(sample, "Workstation 7");
    sample_wide(sample, "20240102");
    sample_wide(sample, "N2ZET31W (1.09)");
    write_config(sample, 25, 2);
    sample_begin(sample);
    sample_u32(sample, 120);
    sample_u32(sample, 96);
    write_config(sample, 28, 2);
    sample_begin(sample);
    sample_put(sample, &machine, sizeof machine);
    write_config(sample, 30, 2);
}

static void tell_groups(sample_trace *sample) {
    static const uint32_t masks[8] = {0x0001130F, 0, 0, 0, 0x00000400, 0, 0, 0};
    const sample_process *system = &sample->processes[1];
    sample_begin(sample);
    for (size_t i = 0; i < 8; i++)
        sample_u32(sample, masks[i]);
    sample_u32(sample, 0x46);
    etwkit_record record = sample_kernel(sample, SAMPLE_EVENT_TRACE, 5, 2, system->id, system->threads[0]);
    sample_write(sample, &record, NULL, 0);
}

void sample_config(sample_trace *sample) {
    tell_groups(sample);
    tell_processor(sample);
    tell_disk(sample);
    tell_network(sample);
    tell_services(sample);
    tell_device(sample);
    tell_platform(sample);
}
