/* SPDX-License-Identifier: MIT
 * json_lines [EVENT [KEY]]: checks that every line of standard input is one JSON object with an
 * "event". Prints the value of KEY of the last EVENT, or how many of EVENT there were. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

static void print_value(const json_t *value)
{
    if (json_is_string(value))
        printf("%s\n", json_string_value(value));
    else if (json_is_integer(value))
        printf("%lld\n", (long long)json_integer_value(value));
    else if (json_is_real(value))
        printf("%f\n", json_real_value(value));
    else
        printf("%s\n", json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
}

int main(int argc, char **argv)
{
    char line[16384];
    json_t *last = NULL;
    unsigned count = 0, number = 0;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        json_error_t error;
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        const char *event = json_string_value(json_object_get(object, "event"));
        number++;
        if (event == NULL) {
            fprintf(stderr, "line %u is no JSON object with an event: %s", number, line);
            json_decref(object);
            json_decref(last);
            return 1;
        }
        if (argc > 1 && strcmp(event, argv[1]) == 0) {
            count++;
            json_decref(last);
            last = json_incref(object);
        }
        json_decref(object);
    }
    if (argc > 2)
        print_value(json_object_get(last, argv[2]));
    else
        printf("%u\n", argc > 1 ? count : number);
    json_decref(last);
    return 0;
}
