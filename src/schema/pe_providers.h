/* SPDX-License-Identifier: MIT */
/* The providers that a Windows binary describes: its event templates with the message tables in it and beside it. */
#ifndef EK_SCHEMA_PE_PROVIDERS_H
#define EK_SCHEMA_PE_PROVIDERS_H

#include "schema/pe.h"
#include "schema/wevt.h"

/*
 * Adds the providers of a binary (see ek_pe_is()) that was read from `path`. Texts that the binary has not are
 * looked for beside it (see mui.h). Messages begin with `path`;
 * `report` (may be NULL) is told what was left out.
 * ETWKIT_ABSENT: it describes none. ETWKIT_E_DAMAGED: nothing could be read. ETWKIT_E_UNSUPPORTED: it is no binary.
 */
etwkit_status ek_pe_read_providers(const char *path, const void *data, size_t size, ek_providers *providers,
                                   ek_wevt_report *report, void *context, etwkit_error *error);

#define EK_MAX_MUI_SIZE (64u << 20) /* a larger file of texts is not read */

#endif
