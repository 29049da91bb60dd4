/* SPDX-License-Identifier: MIT
 * Text from elsewhere (the air, a package) that is to stand in a sentence. */
#ifndef NORDFU_BASE_PLAIN_H
#define NORDFU_BASE_PLAIN_H

/* Replaces every byte of control characters (U+0000 to 1F, 7F to 9F in UTF-8) by '?', so that
 * nothing in `text` steers a terminal or breaks a line. */
void plain_text(char *text);

#endif
