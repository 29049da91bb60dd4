/*
 * SPDX-License-Identifier: MIT
 * What `nordfu sim` prints: lines for people or JSON objects.
 */
#ifndef NORDFU_CLI_SIM_REPORT_H
#define NORDFU_CLI_SIM_REPORT_H

#include "cli/sim_scene.h"

/* The first lines: how to get at the dongles. */
void sim_report_paths(const struct sim_scene *scene);
/* A listener to the world's events; `context` is the scene. */
void sim_report_event(void *context, uint64_t time, const char *what, const char *data);
/* The last lines: what each device runs now, and what has become of the damage that was ordered. */
void sim_report_end(const struct sim_scene *scene);

#endif
