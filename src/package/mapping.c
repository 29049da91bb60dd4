/* SPDX-License-Identifier: MIT */
#include "package/mapping.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct mapping {
    yaml_document_t document;
    yaml_node_t *root; /* a mapping */
};

static int refuse_syntax(const yaml_parser_t *parser, const char *path, struct nordfu_error *error)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            "%s is no valid YAML (line %zu: %s): correct it.", path,
                            parser->problem_mark.line + 1,
                            parser->problem != NULL ? parser->problem : "unknown problem");
}

static int take_root(struct mapping *mapping, const char *path, struct nordfu_error *error)
{
    mapping->root = yaml_document_get_root_node(&mapping->document);
    if (mapping->root != NULL && mapping->root->type == YAML_MAPPING_NODE)
        return 0;
    return nordfu_error_set(
        error, NORDFU_ERR_USAGE,
        "%s %s: give it lines of the form NAME: VALUE, or {} for defaults "
        "only.",
        path, mapping->root == NULL ? "is empty" : "is YAML, but not names with values");
}

static int check_end(yaml_parser_t *parser, const char *path, struct nordfu_error *error)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second))
        return refuse_syntax(parser, path, error);
    bool is_end = yaml_document_get_root_node(&second) == NULL;
    yaml_document_delete(&second);
    if (is_end)
        return 0;
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            "%s holds more than one YAML document: make a file of each.", path);
}

int mapping_parse(struct mapping **out, const void *text, size_t size, const char *path,
                  struct nordfu_error *error)
{
    yaml_parser_t parser;
    struct mapping *mapping = calloc(1, sizeof(*mapping));
    int rc = 0;
    *out = NULL;
    if (mapping == NULL || !yaml_parser_initialize(&parser)) {
        free(mapping);
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    }
    yaml_parser_set_input_string(&parser, text != NULL ? text : (const void *)"", size);
    if (!yaml_parser_load(&parser, &mapping->document)) {
        rc = refuse_syntax(&parser, path, error);
        free(mapping);
        goto out;
    }
    rc = take_root(mapping, path, error);
    if (rc == 0)
        rc = check_end(&parser, path, error);
    *out = mapping;
    if (rc != 0)
        mapping_free(out);
out:
    yaml_parser_delete(&parser);
    return rc;
}

void mapping_free(struct mapping **mapping)
{
    if (mapping == NULL || *mapping == NULL)
        return;
    yaml_document_delete(&(*mapping)->document);
    free(*mapping);
    *mapping = NULL;
}

static bool is_named(const yaml_node_t *key, const char *name)
{
    return key != NULL && key->type == YAML_SCALAR_NODE &&
           key->data.scalar.length == strlen(name) &&
           memcmp(key->data.scalar.value, name, strlen(name)) == 0;
}

bool mapping_find(const struct mapping *mapping, const char *name, struct mapping_member *member)
{
    /* The library only reads it, but does not say so. */
    yaml_document_t *document = (yaml_document_t *)&mapping->document;
    const yaml_node_t *found = NULL;
    const yaml_node_pair_t *pair = mapping->root->data.mapping.pairs.start;
    for (; pair < mapping->root->data.mapping.pairs.top; pair++)
        if (is_named(yaml_document_get_node(document, pair->key), name))
            found = yaml_document_get_node(document, pair->value);
    if (found == NULL)
        return false;
    *member = (struct mapping_member){.line = found->start_mark.line + 1, .text = ""};
    if (found->type == YAML_SCALAR_NODE) {
        member->is_scalar = true;
        member->is_plain = found->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        member->text = (const char *)found->data.scalar.value;
        member->size = found->data.scalar.length;
    }
    return true;
}

/* The value of a digit in any base; 255 for none. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 255;
}

/* Skips what tells the base. */
static unsigned take_base(const char **at)
{
    const char *text = *at;
    if (text[0] != '0' || text[1] == 0)
        return 10;
    *at += text[1] == 'x' || text[1] == 'b' ? 2 : 1;
    return text[1] == 'x' ? 16 : text[1] == 'b' ? 2 : 8;
}

bool mapping_integer(const struct mapping_member *member, int64_t *value)
{
    const char *at = member->text, *end = member->text + member->size;
    int64_t sum = 0;
    bool is_negative = *at == '-', has_digit = false;
    if (!member->is_scalar || !member->is_plain)
        return false;
    at += *at == '-' || *at == '+';
    unsigned base = take_base(&at);
    if (base == 10 && digit_value(*at) > 9)
        return false; /* an underscore can't be the first */
    for (; at < end; at++) {
        unsigned digit = digit_value(*at);
        if (*at == '_')
            continue;
        if (digit >= base)
            return false;
        has_digit = true;
        sum = sum > (INT64_MAX - 15) / 16 ? INT64_MAX : sum * (int64_t)base + (int64_t)digit;
    }
    *value = is_negative ? -sum : sum;
    return has_digit;
}
