/* SPDX-License-Identifier: MIT
 * Everything that libnordfu offers. */
#ifndef NORDFU_NORDFU_H
#define NORDFU_NORDFU_H

#include "nordfu/bond.h"
#include "nordfu/cancel.h"
#include "nordfu/central.h"
#include "nordfu/error.h"
#include "nordfu/image.h"
#include "nordfu/image_file.h"
#include "nordfu/log.h"
#include "nordfu/package.h"
#include "nordfu/port.h"
#include "nordfu/settings.h"
#include "nordfu/target.h"
#include "nordfu/update.h"
#include "nordfu/zigbee.h"

/* Of the library and the command. */
#define NORDFU_VERSION "0.1.0"

#endif
