/* SPDX-License-Identifier: MIT
 * Versions as text with two points. package.md 7.2. */
#ifndef NORDFU_CLI_VERSION_TEXT_H
#define NORDFU_CLI_VERSION_TEXT_H

#include "cli/args.h"

/* "1.2.3" -> 10203. Returns ARGS_GO_ON, or EXIT_USAGE after a complaint. */
int version_text_read(const struct args *args, const char *text, uint32_t *version);

#endif
