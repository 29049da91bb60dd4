/* SPDX-License-Identifier: MIT
 * cmocka with the headers it wants before it. */
#ifndef NORDFU_TESTS_TEST_H
#define NORDFU_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif
