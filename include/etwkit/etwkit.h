/* SPDX-License-Identifier: MIT */
/* All of libetwkit. The headers in reading order; each also stands alone. */
#ifndef ETWKIT_ETWKIT_H
#define ETWKIT_ETWKIT_H

#include <etwkit/allocator.h>
#include <etwkit/arrow.h>
#include <etwkit/event_builder.h>
#include <etwkit/filter.h>
#include <etwkit/guid.h>
#include <etwkit/installed.h>
#include <etwkit/library.h>
#include <etwkit/pack.h>
#include <etwkit/processes.h>
#include <etwkit/provider.h>
#include <etwkit/record.h>
#include <etwkit/schema.h>
#include <etwkit/session.h>
#include <etwkit/sink.h>
#include <etwkit/status.h>
#include <etwkit/system.h>
#include <etwkit/time.h>
#include <etwkit/trace.h>
#include <etwkit/value.h>
#include <etwkit/version.h>
#include <etwkit/write.h>
#include <etwkit/writer.h>

#endif
