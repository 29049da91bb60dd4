/* SPDX-License-Identifier: MIT */
#include "nordfu/error.h"

#include <stdio.h>

#if defined(__GNUC__)
__attribute__((format(printf, 5, 0)))
#endif
static int
fill(struct nordfu_error *error, int code, enum nordfu_speaker speaker, uint32_t detail,
     const char *format, va_list args)
{
    if (error == NULL)
        return code;
    error->code = code;
    error->speaker = speaker;
    error->detail = detail;
    /* The arguments may point into error->text itself (a sentence wrapped in a longer one). */
    char text[sizeof(error->text)];
    vsnprintf(text, sizeof(text), format, args);
    snprintf(error->text, sizeof(error->text), "%s", text);
    return code;
}

int nordfu_error_set(struct nordfu_error *error, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, code, NORDFU_SPEAKER_NONE, 0, format, args);
    va_end(args);
    return code;
}

int nordfu_error_from(struct nordfu_error *error, int code, enum nordfu_speaker speaker,
                      uint32_t detail, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, code, speaker, detail, format, args);
    va_end(args);
    return code;
}

const char *nordfu_class_name(int code)
{
    static const char *const names[] = {
        "ok",       "package", "usage",   "port",   "dongle",      "not-found", "refused",
        "transfer", "link",    "timeout", "system", "unsupported", "cancelled",
    };
    unsigned index = code <= 0 ? 0u - (unsigned)code : sizeof(names);
    return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown";
}
