/* SPDX-License-Identifier: MIT */
/* Asks everything of what a source says of a whole provider. */
#ifndef EK_FUZZ_PROVIDER_H
#define EK_FUZZ_PROVIDER_H

#include "schema/provider.h"

/* It is UTF-8, or there is none. */
void fuzz_check_text(const char *text);
/* Names and labels are UTF-8; of each template, unless the provider is a dump that was not cleaned yet, a layout can be
 * made. */
void fuzz_show_provider(const ek_provider *provider);
/* An ek_manifest_report that counts (`context`: unsigned). */
void fuzz_report(void *context, const etwkit_error *error);

#endif
