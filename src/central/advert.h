/* SPDX-License-Identifier: MIT
 * Advertising data: a row of AD structures, each a length, a type and a value (Core Specification
 * Vol 3 Part C 11; numbers from the Assigned Numbers). */
#ifndef NORDFU_CENTRAL_ADVERT_H
#define NORDFU_CENTRAL_ADVERT_H

#include <stdbool.h>
#include <stddef.h>

#include "nordfu/central.h"

/*
 * Decodes the payload of one report into name, name_complete, services and service_count of
 * *advert; the other members are left alone. A complete name beats a shortened one. A name longer
 * than the field is cut between UTF-8 characters and counts as shortened; services beyond
 * NORDFU_ADVERT_MAX_UUIDS are left out. Returns false if the data is malformed: what stood before
 * the first structure that does not fit is kept then.
 */
bool advert_decode(struct nordfu_advert *advert, const void *data, size_t size);

#endif
