/* Turns what scripts pass to the embedding program into the parts of `wit/script.wit`, and such parts into values. Must
   not know which function they are for.

   A script's getters may run between two parts, so that bytes are copied at once. */

#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

/* How deep values may be nested. One that contains itself ends here too. */
#define DEEPEST 32

/* How many parts the arguments of one call may have. They take 1 MiB. */
#define MOST_PARTS 65536

#define MAY_PASS "nothing, a boolean, a whole number, a string, bytes, an array or a plain object"

typedef eco_plugin_script_part_t part_t;

static bool is_too_many(JSContext *context, const char *name, uint64_t count) {
    if (count > MOST_PARTS) JS_ThrowRangeError(context, "%s takes at most %d values", name, MOST_PARTS);
    return count > MOST_PARTS;
}

/* Adds a part that says nothing yet. It stays where it is until the next one. */
static part_t *add_part(JSContext *context, const char *name, struct parts *parts) {
    if (is_too_many(context, name, parts->count + 1)) return NULL;
    if (parts->count == parts->room) {
        size_t room = parts->room ? 2 * parts->room : 4;
        part_t *grown = realloc(parts->first, room * sizeof *grown);
        if (!grown) {
            JS_ThrowOutOfMemory(context);
            return NULL;
        }
        parts->first = grown;
        parts->room = room;
    }
    part_t *part = &parts->first[parts->count++];
    *part = (part_t) { .tag = ECO_PLUGIN_SCRIPT_PART_NONE };
    return part;
}

static void *take_memory(JSContext *context, size_t size) {
    void *memory = malloc(size);
    if (!memory) JS_ThrowOutOfMemory(context);
    return memory;
}

static bool add_number(JSContext *context, const char *name, JSValueConst value, part_t *part) {
    double number = 0;
    JS_ToFloat64(context, &number, value);
    if (!(number >= -SAFE && number <= SAFE) || number != (double) (int64_t) number) {
        JS_ThrowTypeError(context, "%s takes whole numbers, and those beyond 2^53 as BigInt", name);
        return false;
    }
    *part = (part_t) { .tag = ECO_PLUGIN_SCRIPT_PART_SIGNED, .val.signed_ = (int64_t) number };
    return true;
}

/* Whether it is the other. Takes the other over. */
static bool is_same(JSContext *context, JSValueConst value, JSValue other) {
    bool same = JS_IsStrictEqual(context, value, other);
    JS_FreeValue(context, other);
    return same;
}

/* The engine leaves off what is beyond 64 bits. */
static bool add_bigint(JSContext *context, const char *name, JSValueConst value, part_t *part) {
    int64_t with_sign;
    uint64_t without;
    if (JS_ToBigInt64(context, &with_sign, value) || JS_ToBigUint64(context, &without, value)) return false;
    if (is_same(context, value, JS_NewBigInt64(context, with_sign))) {
        *part = (part_t) { .tag = ECO_PLUGIN_SCRIPT_PART_SIGNED, .val.signed_ = with_sign };
        return true;
    }
    if (is_same(context, value, JS_NewBigUint64(context, without))) {
        *part = (part_t) { .tag = ECO_PLUGIN_SCRIPT_PART_UNSIGNED, .val.unsigned_ = without };
        return true;
    }
    JS_ThrowTypeError(context, "%s takes whole numbers of 64 bits", name);
    return false;
}

static bool add_text(JSContext *context, JSValueConst value, part_t *part) {
    bytes_t bytes;
    const char *text;
    if (!bytes_find(context, value, &bytes, &text)) return false;
    *part = (part_t) { .tag = ECO_PLUGIN_SCRIPT_PART_TEXT, .val.text = { bytes.ptr, bytes.len } };
    return true;
}

static bool add_bytes(JSContext *context, JSValueConst value, part_t *part) {
    bytes_t bytes;
    const char *text;
    if (!bytes_find(context, value, &bytes, &text)) return false;
    if (bytes.len > 0) {
        uint8_t *copy = take_memory(context, bytes.len);
        if (!copy) return false;
        bytes.ptr = memcpy(copy, bytes.ptr, bytes.len);
    }
    *part = (part_t) { .tag = ECO_PLUGIN_SCRIPT_PART_BYTES, .val.bytes = bytes };
    return true;
}

/* `firstName` becomes `first-name`. */
static bool spell_in_wit(JSContext *context, JSAtom key, script_interpreter_string_t *name) {
    bytes_t bytes;
    const char *text;
    JSValue string = JS_AtomToString(context, key);
    bool found = bytes_find(context, string, &bytes, &text);
    uint8_t *to = found ? take_memory(context, 2 * bytes.len + 1) : NULL;
    *name = (script_interpreter_string_t) { to, 0 };
    for (size_t i = 0; to && i < bytes.len; i++) {
        bool capital = bytes.ptr[i] >= 'A' && bytes.ptr[i] <= 'Z';
        if (capital) to[name->len++] = '-';
        to[name->len++] = capital ? bytes.ptr[i] - 'A' + 'a' : bytes.ptr[i];
    }
    if (found) JS_FreeCString(context, text);
    JS_FreeValue(context, string);
    return to;
}

static bool add_names(JSContext *context, const JSPropertyEnum *keys, uint32_t count, part_t *part) {
    script_interpreter_list_string_t names = { 0 };
    names.ptr = take_memory(context, (count + 1) * sizeof *names.ptr);
    *part = (part_t) { .tag = ECO_PLUGIN_SCRIPT_PART_FIELDS, .val.fields = names };
    bool done = names.ptr;
    for (uint32_t i = 0; i < count && done; i++) {
        done = spell_in_wit(context, keys[i].atom, &names.ptr[i]);
        if (done) part->val.fields.len++;
    }
    return done;
}

static bool add_value(JSContext *context, const char *name, JSValueConst value, int depth, struct parts *parts);

/* Takes the value over. */
static bool add_inner(JSContext *context, const char *name, JSValue value, int depth, struct parts *parts) {
    bool done = !JS_IsException(value) && add_value(context, name, value, depth + 1, parts);
    JS_FreeValue(context, value);
    return done;
}

static bool add_fields(JSContext *context, const char *name, JSValueConst value, int depth, struct parts *parts) {
    JSPropertyEnum *keys;
    uint32_t count;
    if (JS_GetOwnPropertyNames(context, &keys, &count, value, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return false;
    bool done = !is_too_many(context, name, count) &&
                add_names(context, keys, count, &parts->first[parts->count - 1]);
    for (uint32_t i = 0; i < count && done; i++)
        done = add_inner(context, name, JS_GetProperty(context, value, keys[i].atom), depth, parts);
    JS_FreePropertyEnum(context, keys, count);
    return done;
}

static bool add_items(JSContext *context, const char *name, JSValueConst value, int depth, struct parts *parts) {
    int64_t length;
    if (JS_GetLength(context, value, &length) || is_too_many(context, name, (uint64_t) length)) return false;
    parts->first[parts->count - 1] =
        (part_t) { .tag = ECO_PLUGIN_SCRIPT_PART_ITEMS, .val.items = (uint32_t) length };
    bool done = true;
    for (int64_t i = 0; i < length && done; i++)
        done = add_inner(context, name, JS_GetPropertyInt64(context, value, i), depth, parts);
    return done;
}

static bool add_value(JSContext *context, const char *name, JSValueConst value, int depth, struct parts *parts) {
    if (depth > DEEPEST) {
        JS_ThrowRangeError(context, "%s takes values that are nested %d deep at most", name, DEEPEST);
        return false;
    }
    part_t *part = add_part(context, name, parts);
    if (!part) return false;
    if (JS_IsUndefined(value) || JS_IsNull(value)) return true;
    if (JS_IsNumber(value)) return add_number(context, name, value, part);
    if (JS_IsBigInt(value)) return add_bigint(context, name, value, part);
    if (JS_IsString(value)) return add_text(context, value, part);
    if (JS_IsArrayBuffer(value) || JS_GetTypedArrayType(value) == JS_TYPED_ARRAY_UINT8)
        return add_bytes(context, value, part);
    if (JS_IsArray(value)) return add_items(context, name, value, depth, parts);
    if (engine_is_plain(value)) return add_fields(context, name, value, depth, parts);
    if (JS_IsBool(value)) {
        *part = (part_t) { .tag = ECO_PLUGIN_SCRIPT_PART_FLAG, .val.flag = JS_ToBool(context, value) };
        return true;
    }
    JS_ThrowTypeError(context, "%s takes " MAY_PASS ", and not %s", name, value_kind(context, value));
    return false;
}

bool parts_add(JSContext *context, const char *name, JSValueConst value, struct parts *parts) {
    return add_value(context, name, value, 0, parts);
}

static void free_part(JSContext *context, part_t *part) {
    switch (part->tag) {
    case ECO_PLUGIN_SCRIPT_PART_TEXT:
        JS_FreeCString(context, (const char *) part->val.text.ptr);
        break;
    case ECO_PLUGIN_SCRIPT_PART_BYTES:
        if (part->val.bytes.len > 0) free(part->val.bytes.ptr);
        break;
    case ECO_PLUGIN_SCRIPT_PART_FIELDS:
        for (size_t i = 0; i < part->val.fields.len; i++) free(part->val.fields.ptr[i].ptr);
        free(part->val.fields.ptr);
    }
}

void parts_free(JSContext *context, struct parts *parts) {
    for (size_t i = 0; i < parts->count; i++) free_part(context, &parts->first[i]);
    free(parts->first);
}

JSValue name_of(JSContext *context, const script_interpreter_string_t *name) {
    char *text = take_memory(context, name->len + 1);
    if (!text) return JS_EXCEPTION;
    size_t length = 0;
    for (size_t i = 0; i < name->len; i++) {
        bool begins = name->ptr[i] == '-' && i + 1 < name->len;
        uint8_t letter = name->ptr[begins ? ++i : i];
        text[length++] = (char) (begins && letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter);
    }
    JSValue result = JS_NewStringLen(context, text, length);
    free(text);
    return result;
}

static JSValue take_value(JSContext *context, const eco_plugin_script_list_part_t *parts, size_t *at);

static JSValue take_items(JSContext *context, uint32_t count, const eco_plugin_script_list_part_t *parts,
                          size_t *at) {
    JSValue array = JS_NewArray(context);
    for (uint32_t i = 0; i < count; i++)
        JS_DefinePropertyValueUint32(context, array, i, take_value(context, parts, at), JS_PROP_C_W_E);
    return array;
}

static JSValue take_fields(JSContext *context, const script_interpreter_list_string_t *names,
                           const eco_plugin_script_list_part_t *parts, size_t *at) {
    JSValue object = JS_NewObject(context);
    for (size_t i = 0; i < names->len; i++) {
        JSValue name = name_of(context, &names->ptr[i]);
        JSAtom key = JS_ValueToAtom(context, name);
        JS_DefinePropertyValue(context, object, key, take_value(context, parts, at), JS_PROP_C_W_E);
        JS_FreeAtom(context, key);
        JS_FreeValue(context, name);
    }
    return object;
}

/* The host's values are as deep as their types. */
static JSValue take_value(JSContext *context, const eco_plugin_script_list_part_t *parts, size_t *at) {
    if (*at >= parts->len) return JS_UNDEFINED;
    part_t *part = &parts->ptr[(*at)++];
    switch (part->tag) {
    case ECO_PLUGIN_SCRIPT_PART_FLAG:
        return JS_NewBool(context, part->val.flag);
    case ECO_PLUGIN_SCRIPT_PART_SIGNED: {
        int64_t number = part->val.signed_;
        return number < -SAFE || number > SAFE ? JS_NewBigInt64(context, number) : JS_NewInt64(context, number);
    }
    case ECO_PLUGIN_SCRIPT_PART_UNSIGNED: {
        uint64_t number = part->val.unsigned_;
        return number > SAFE ? JS_NewBigUint64(context, number) : JS_NewInt64(context, (int64_t) number);
    }
    case ECO_PLUGIN_SCRIPT_PART_TEXT:
        return text_of(context, &part->val.text);
    case ECO_PLUGIN_SCRIPT_PART_BYTES: {
        bytes_t bytes = part->val.bytes;
        /* The array has them now. */
        part->tag = ECO_PLUGIN_SCRIPT_PART_NONE;
        return engine_bytes(context, bytes.ptr, bytes.len);
    }
    case ECO_PLUGIN_SCRIPT_PART_ITEMS:
        return take_items(context, part->val.items, parts, at);
    case ECO_PLUGIN_SCRIPT_PART_FIELDS:
        return take_fields(context, &part->val.fields, parts, at);
    default:
        return JS_UNDEFINED;
    }
}

JSValue parts_take(JSContext *context, eco_plugin_script_list_part_t *parts) {
    size_t at = 0;
    JSValue value = take_value(context, parts, &at);
    eco_plugin_script_list_part_free(parts);
    return value;
}
