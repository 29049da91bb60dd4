/* SPDX-License-Identifier: MIT */
#include "sim/init_check.h"

#include "base/crypto.h"

#define SIGNATURE_ECDSA 0
#define SIGNATURE_SIZE  64
#define OP_INIT         1
#define SD_REQ_NOTHING  0 /* "no SoftDevice is needed" */

static const struct init_verdict passed = {RESULT_SUCCESS, EXTENDED_NONE, "ok"};

static struct init_verdict refused(enum dfu_result result, const char *why)
{
    return (struct init_verdict){result, EXTENDED_NONE, why};
}

static struct init_verdict extended(enum dfu_extended code, const char *why)
{
    return (struct init_verdict){RESULT_EXTENDED, code, why};
}

static void reverse(uint8_t *to, const uint8_t *from, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        to[i] = from[size - 1 - i];
}

bool init_signature_fits(const uint8_t *public_key, const uint8_t *signature, const void *bytes,
                         uint32_t size)
{
    uint8_t hash[CRYPTO_SHA256_SIZE];
    uint8_t big_endian[CRYPTO_SIGNATURE_SIZE];
    reverse(big_endian, signature, 32);
    reverse(big_endian + 32, signature + 32, 32);
    return crypto_sha256(hash, bytes, size) && crypto_verify(public_key, hash, big_endian);
}

/* A bootloader's signature is required by every bootloader, an application's by those that were
 * built so. */
static bool needs_signature(const struct init_rules *rules, const struct init_command *init)
{
    return rules->check_signature || init->type.value == INIT_BOOTLOADER ||
           init->type.value == INIT_SOFTDEVICE_BOOTLOADER;
}

static struct init_verdict check_signed(const struct init_signed *with,
                                        const struct init_command *init,
                                        const struct init_rules *rules)
{
    if (with->signature_type.value != SIGNATURE_ECDSA)
        return extended(EXTENDED_SIGNATURE_TYPE, "signature_type");
    if (with->signature.size != SIGNATURE_SIZE)
        return refused(RESULT_FAILED, "signature_size");
    if (rules->check_signature && !init_signature_fits(rules->public_key, with->signature.data,
                                                       init->span.bytes, (uint32_t)init->span.size))
        return refused(RESULT_OBJECT, "signature");
    return passed;
}

static struct init_verdict check_signature(const struct init_packet *packet,
                                           const struct init_command *init,
                                           const struct init_rules *rules)
{
    if (packet->signed_command.span.present)
        return check_signed(&packet->signed_command, init, rules);
    return needs_signature(rules, init) ? extended(EXTENDED_SIGNATURE_MISSING, "unsigned") : passed;
}

/* External applications are an option that the stock bootloader is built without. */
static bool type_is_known(const struct init_number *type, const struct init_rules *rules)
{
    return type->present &&
           (type->value <= INIT_SOFTDEVICE_BOOTLOADER ||
            (type->value == INIT_EXTERNAL_APPLICATION && rules->external_app && rules->sdk >= 15));
}

static bool softdevice_fits(const struct init_command *init, uint32_t softdevice)
{
    const struct init_numbers *wanted = &init->sd_req;
    if (softdevice == 0)
        return wanted->count == 0 || wanted->values[0] == SD_REQ_NOTHING;
    for (uint32_t i = 0; i < wanted->count; i++) {
        if (wanted->values[i] == softdevice)
            return true;
    }
    return false;
}

/* External ones are compared like one's own. */
static bool is_application(const struct init_command *init)
{
    return init->type.value == INIT_APPLICATION || init->type.value == INIT_EXTERNAL_APPLICATION;
}

/* A SoftDevice's own version is not compared with anything. */
static struct init_verdict check_version(const struct init_command *init,
                                         const struct init_rules *rules)
{
    if (init->type.value == INIT_SOFTDEVICE)
        return passed;
    if (!init->fw_version.present)
        return extended(EXTENDED_INIT_INVALID, "fw_version_missing");
    if (is_application(init) ? init->fw_version.value < rules->app_version
                             : init->fw_version.value <= rules->bootloader_version)
        return extended(EXTENDED_FW_VERSION, "fw_version");
    return passed;
}

/* Where image and device must belong together; a debug bootloader lets packets made for debugging
 * skip this. */
static struct init_verdict check_match(const struct init_command *init,
                                       const struct init_rules *rules)
{
    if (rules->is_debug && init->is_debug.value)
        return passed;
    if (!init->hw_version.present)
        return extended(EXTENDED_INIT_INVALID, "hw_version_missing");
    if (init->hw_version.value != rules->hw_version)
        return extended(EXTENDED_HW_VERSION, "hw_version");
    if (!softdevice_fits(init, rules->softdevice))
        return extended(EXTENDED_SD_VERSION, "sd_req");
    /* Observed on the original: without a SoftDevice the missing version counts as a SoftDevice
     * mismatch. */
    if (rules->softdevice == 0 && is_application(init) && !init->fw_version.present)
        return extended(EXTENDED_SD_VERSION, "fw_version_missing");
    return check_version(init, rules);
}

static struct init_verdict check_new(const struct init_packet *packet,
                                     const struct init_command *init,
                                     const struct init_rules *rules)
{
    struct init_verdict verdict = check_signature(packet, init, rules);
    if (verdict.result != RESULT_SUCCESS)
        return verdict;
    if (!type_is_known(&init->type, rules))
        return extended(EXTENDED_INIT_INVALID, "type");
    if (!init->hash.span.present || init->hash.type.value != INIT_HASH_SHA256)
        return extended(EXTENDED_HASH_TYPE, "hash_type");
    verdict = check_match(init, rules);
    if (verdict.result == RESULT_SUCCESS && init_image_size(init) == 0)
        return extended(EXTENDED_INIT_INVALID, "size");
    return verdict;
}

/* SDK 14: what brings its own SoftDevice does not depend on the present one. */
static struct init_verdict check_old_match(const struct init_command *init,
                                           const struct init_rules *rules)
{
    bool brings = rules->sdk >= 14 && init->type.value == INIT_SOFTDEVICE_BOOTLOADER;
    if (init->is_debug.value)
        return rules->is_debug ? passed : refused(RESULT_FAILED, "is_debug");
    if (!init->hw_version.present)
        return extended(EXTENDED_INIT_INVALID, "hw_version_missing");
    if (init->hw_version.value != rules->hw_version)
        return extended(EXTENDED_HW_VERSION, "hw_version");
    if (!brings && !softdevice_fits(init, rules->softdevice))
        return extended(EXTENDED_SD_VERSION, "sd_req");
    if (!type_is_known(&init->type, rules))
        return extended(EXTENDED_INIT_INVALID, "type");
    return check_version(init, rules);
}

static struct init_verdict check_old_size(const struct init_command *init)
{
    bool softdevice =
        init->type.value == INIT_SOFTDEVICE || init->type.value == INIT_SOFTDEVICE_BOOTLOADER;
    bool bootloader =
        init->type.value == INIT_BOOTLOADER || init->type.value == INIT_SOFTDEVICE_BOOTLOADER;
    bool application = !softdevice && !bootloader;
    if ((softdevice && !init->sd_size.present) || (bootloader && !init->bl_size.present) ||
        (application && !init->app_size.present))
        return extended(EXTENDED_INIT_INVALID, "size_missing");
    return init_image_size(init) ? passed : refused(RESULT_PARAMETER, "size");
}

static struct init_verdict check_old(const struct init_packet *packet,
                                     const struct init_command *init,
                                     const struct init_rules *rules)
{
    struct init_verdict verdict = check_old_match(init, rules);
    if (verdict.result == RESULT_SUCCESS)
        verdict = check_signed(&packet->signed_command, init, rules);
    if (verdict.result == RESULT_SUCCESS)
        verdict = check_old_size(init);
    return verdict;
}

static struct init_verdict check(const struct init_packet *packet, const struct init_rules *rules)
{
    const struct init_outer *outer = init_inner(packet);
    const struct init_command *init = &outer->init;
    bool old = rules->sdk < 15;
    if (old && !packet->signed_command.span.present)
        return extended(EXTENDED_UNKNOWN_COMMAND, "unsigned");
    if (old && !init->span.present)
        return refused(RESULT_OBJECT, "no_init");
    if (!init->span.present || !outer->op_code.present || outer->op_code.value != OP_INIT)
        return extended(EXTENDED_UNKNOWN_COMMAND, "op_code");
    return old ? check_old(packet, init, rules) : check_new(packet, init, rules);
}

struct init_verdict init_check(const struct init_packet *packet, const struct init_rules *rules)
{
    struct init_verdict verdict = check(packet, rules);
    if (verdict.result == RESULT_EXTENDED && rules->sdk < 13)
        return refused(RESULT_FAILED, verdict.why);
    return verdict;
}
