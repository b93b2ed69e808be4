/* Owns what the functions of a script may return, and how a return value of the wrong kind is
   told. Knows nothing of how they are called. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

#define MAY_REPLY "it may return nothing, a string, a Uint8Array, an ArrayBuffer, or { data, next }"
#define MAY_TURN "it may return { send, exactly or through or toEnd }"
#define MAY_STEP MAY_TURN ", { wrong, offset }, or nothing"
#define MAY_BE_BYTES "it may be a string, a Uint8Array or an ArrayBuffer"

static bool is_absent(JSValueConst value) {
    return JS_IsUndefined(value) || JS_IsNull(value);
}

/* An object by its class, whose name is the engine's own and not the script's. */
static const char *kind_of_object(JSContext *context, JSValueConst value) {
    static char kind[64];
    JSRuntime *runtime = JS_GetRuntime(context);
    JSAtom atom = JS_GetClassName(runtime, JS_GetClassID(value));
    const char *class = JS_IsProxy(value) ? NULL : JS_AtomToCString(context, atom);
    JS_FreeAtom(context, atom);
    if (!class || !*class || strcmp(class, "Object") == 0) {
        snprintf(kind, sizeof kind, JS_IsProxy(value) ? "a Proxy" : "an object");
    } else if (strstr(class, "Generator")) {
        snprintf(kind, sizeof kind, "a generator (eco doesn't run it: write function, not function*)");
    } else if (strstr(class, "Iterator")) {
        snprintf(kind, sizeof kind, "an iterator (eco doesn't run it)");
    } else {
        snprintf(kind, sizeof kind, "%s %.40s", strchr("AEIO", class[0]) ? "an" : "a", class);
    }
    JS_FreeCString(context, class);
    return kind;
}

const char *value_kind(JSContext *context, JSValueConst value) {
    if (is_absent(value)) return "nothing";
    if (JS_IsString(value)) return "a string";
    if (JS_IsNumber(value)) return "a number";
    if (JS_IsBool(value)) return "a boolean";
    if (JS_IsBigInt(value)) return "a bigint";
    if (JS_IsSymbol(value)) return "a symbol";
    if (JS_IsArray(value)) return "an array";
    if (JS_IsFunction(context, value)) return "a function";
    if (JS_IsPromise(value)) return "a promise";
    return kind_of_object(context, value);
}

static bool is_bytes(JSValueConst value) {
    return JS_IsString(value) || JS_IsArrayBuffer(value) ||
           JS_GetTypedArrayType(value) == JS_TYPED_ARRAY_UINT8;
}

static bool refuse(JSContext *context, const char *name, JSValueConst value, const char *may,
                   struct line *wrong) {
    line_add(wrong, "%s returned %s; %s", name, value_kind(context, value), may);
    return false;
}

/* The engine writes half a surrogate pair as three bytes, just as many as U+FFFD has. */
static void mend_surrogates(uint8_t *text, size_t length) {
    uint8_t *end = text + length;
    for (uint8_t *at = text; (at = memchr(at, 0xED, (size_t) (end - at))); at += 3)
        if (at[1] >= 0xA0) memcpy(at, "\xEF\xBF\xBD", 3);
}

bool bytes_find(JSContext *context, JSValueConst value, bytes_t *bytes, const char **text) {
    *text = NULL;
    if (!JS_IsString(value)) {
        bytes->ptr = JS_IsArrayBuffer(value) ? JS_GetArrayBuffer(context, &bytes->len, value)
                                             : JS_GetUint8Array(context, &bytes->len, value);
        /* There is no address where there are no bytes; the exception tells that from an error. */
        return bytes->ptr || !JS_HasException(context);
    }
    *text = JS_ToCStringLen(context, &bytes->len, value);
    bytes->ptr = (uint8_t *) *text;
    if (!*text) return false;
    /* The text is the string itself only where both have as many characters as bytes. */
    if (bytes->len > engine_units(value)) mend_surrogates(bytes->ptr, bytes->len);
    return true;
}

static bool copy(JSContext *context, JSValueConst value, bytes_t *bytes) {
    const char *text;
    if (!bytes_find(context, value, bytes, &text)) return false;
    answer_copy(bytes);
    if (text) JS_FreeCString(context, text);
    return true;
}

/* Reads one property. One that is there but null or undefined is as good as not there. */
static bool get(JSContext *context, JSValueConst record, const char *key, JSValue *value) {
    *value = JS_GetPropertyStr(context, record, key);
    return !JS_IsException(*value);
}

/* Takes the value over. `take` is answer_hold where nothing of the script runs any more. */
static bool bytes_from(JSContext *context, const char *name, const char *key, JSValue value,
                       bool (*take)(JSContext *, JSValueConst, bytes_t *), bytes_t *bytes,
                       struct line *wrong) {
    bool done = true;
    if (is_bytes(value)) {
        done = take(context, value, bytes);
    } else if (!is_absent(value)) {
        line_add(wrong, "%s returned { %s: %s }; " MAY_BE_BYTES, name, key, value_kind(context, value));
        done = false;
    }
    JS_FreeValue(context, value);
    return done;
}

/* A key that nothing is known of is a slip of the pen, which would otherwise go unnoticed. So is the
   instance of a class that has none of the keys. */
static bool check_keys(JSContext *context, const char *name, JSValueConst record,
                       const char *const *known, const char *may, struct line *wrong) {
    JSPropertyEnum *keys;
    uint32_t count;
    if (JS_GetOwnPropertyNames(context, &keys, &count, record,
                               JS_GPN_STRING_MASK) < 0)
        return false;
    bool all_known = count > 0 || engine_is_literal(context, record);
    if (!all_known) refuse(context, name, record, may, wrong);
    for (uint32_t i = 0; i < count && all_known; i++) {
        const char *key = JS_AtomToCString(context, keys[i].atom);
        const char *const *other = known;
        while (key && *other && strcmp(key, *other)) other++;
        if (!key || !*other) {
            line_add(wrong, "%s returned an object with the key \"%s\"; %s", name, key ? key : "", may);
            all_known = false;
        }
        JS_FreeCString(context, key);
    }
    JS_FreePropertyEnum(context, keys, count);
    return all_known;
}

bool options_check(JSContext *context, const char *name, JSValueConst options, const char *const *known) {
    if (is_absent(options)) return true;
    struct line form = { 0 };
    for (const char *const *key = known; *key; key++) line_add(&form, key == known ? "%s" : ", %s", *key);
    if (!engine_is_plain(options)) {
        JS_ThrowTypeError(context, "%s takes its options as { %s }, and not as %s", name, form.text,
                          value_kind(context, options));
        return false;
    }
    JSAtom other = engine_other_key(context, options, known);
    if (other == JS_ATOM_NULL) return true;
    const char *text = JS_AtomToCString(context, other);
    if (text) JS_ThrowTypeError(context, "%s has no option \"%s\"; it takes { %s }", name, text, form.text);
    JS_FreeCString(context, text);
    return false;
}

static bool read_next(JSContext *context, const char *name, JSValue value, reply_t *reply,
                      struct line *wrong) {
    static const char *const names[] = { "keep-open", "finish", "close", "reset" };
    if (is_absent(value)) return true;
    if (JS_IsFunction(context, value)) {
        JS_FreeValue(context, value);
        line_add(wrong, "%s returned an iterator, which eco doesn't run; " MAY_REPLY, name);
        return false;
    }
    const char *text = JS_IsString(value) ? JS_ToCString(context, value) : NULL;
    JS_FreeValue(context, value);
    for (uint8_t i = 0; text && i < 4; i++) {
        if (strcmp(text, names[i])) continue;
        JS_FreeCString(context, text);
        reply->next = i;
        return true;
    }
    line_add(wrong, "%s returned { next: ", name);
    line_add(wrong, text ? "\"%s\"" : "something that is no string", text);
    line_add(wrong, " }; it may be \"keep-open\", \"finish\", \"close\" or \"reset\"");
    JS_FreeCString(context, text);
    return false;
}

bool value_to_reply(JSContext *context, const char *name, JSValueConst value, reply_t *reply,
                    struct line *wrong) {
    static const char *const keys[] = { "data", "next", NULL };
    *reply = (reply_t) { 0 };
    if (is_absent(value)) return true;
    if (is_bytes(value)) return answer_hold(context, value, &reply->data);
    if (!engine_is_plain(value)) return refuse(context, name, value, MAY_REPLY, wrong);
    JSValue data, next;
    return check_keys(context, name, value, keys, MAY_REPLY, wrong) &&
           get(context, value, "next", &next) && read_next(context, name, next, reply, wrong) &&
           get(context, value, "data", &data) &&
           bytes_from(context, name, "data", data, answer_hold, &reply->data, wrong);
}

/* Any whole number that a double can tell from its neighbours. Takes the value over. */
static bool read_count(JSContext *context, const char *name, const char *key, JSValue value,
                       uint64_t *count, struct line *wrong) {
    double number = -1;
    if (JS_IsNumber(value)) JS_ToFloat64(context, &number, value);
    JS_FreeValue(context, value);
    if (number >= 0 && number <= 9007199254740991.0 && number == floor(number)) {
        *count = (uint64_t) number;
        return true;
    }
    line_add(wrong, "%s returned { %s } that is no number of bytes; it may be 0, 1, 2, ...", name, key);
    return false;
}

static bool read_exactly(JSContext *context, const char *name, JSValue value, turn_t *turn,
                         int *said, struct line *wrong) {
    if (is_absent(value)) return true;
    ++*said;
    turn->expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_EXACTLY;
    return read_count(context, name, "exactly", value, &turn->expect.val.exactly, wrong);
}

static bool read_through(JSContext *context, const char *name, JSValue value, turn_t *turn,
                         int *said, struct line *wrong) {
    if (is_absent(value)) return true;
    ++*said;
    bytes_t through = { 0 };
    if (!bytes_from(context, name, "through", value, copy, &through, wrong)) return false;
    if (through.len == 0) {
        line_add(wrong, "%s returned { through } without a byte; there must be one to wait for", name);
        return false;
    }
    turn->expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_THROUGH;
    turn->expect.val.through = through;
    return true;
}

static bool read_to_end(JSContext *context, const char *name, JSValue value, turn_t *turn,
                        int *said, struct line *wrong) {
    if (is_absent(value)) return true;
    bool is_bool = JS_IsBool(value);
    if (is_bool && JS_VALUE_GET_BOOL(value)) {
        ++*said;
        turn->expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_TO_END;
    }
    if (!is_bool)
        line_add(wrong, "%s returned { toEnd: %s }; it may be true", name, value_kind(context, value));
    JS_FreeValue(context, value);
    return is_bool;
}

static bool read_turn(JSContext *context, const char *name, JSValueConst value, turn_t *turn,
                      struct line *wrong) {
    int said = 0;
    JSValue exactly, through, to_end, send;
    bool read = get(context, value, "exactly", &exactly) &&
                read_exactly(context, name, exactly, turn, &said, wrong) &&
                get(context, value, "toEnd", &to_end) &&
                read_to_end(context, name, to_end, turn, &said, wrong) &&
                get(context, value, "through", &through) &&
                read_through(context, name, through, turn, &said, wrong);
    if (read && said > 1) {
        line_add(wrong, "%s returned more than one of exactly, through and toEnd", name);
        return false;
    }
    return read && get(context, value, "send", &send) &&
           bytes_from(context, name, "send", send, answer_hold, &turn->send, wrong);
}

bool value_to_turn(JSContext *context, const char *name, JSValueConst value, turn_t *turn,
                   struct line *wrong) {
    static const char *const keys[] = { "send", "exactly", "through", "toEnd", NULL };
    *turn = (turn_t) { .expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_NOTHING };
    if (!engine_is_plain(value)) return refuse(context, name, value, MAY_TURN, wrong);
    return check_keys(context, name, value, keys, MAY_TURN, wrong) &&
           read_turn(context, name, value, turn, wrong);
}

static bool read_fault(JSContext *context, const char *name, JSValueConst value, JSValueConst reason,
                       step_t *step, struct line *wrong) {
    static const char *const keys[] = { "wrong", "offset", NULL };
    step->tag = EXPORTS_ECO_PLUGIN_CLIENT_STEP_WRONG;
    step->val.wrong = (exports_eco_plugin_client_fault_t) { 0 };
    if (!check_keys(context, name, value, keys, MAY_STEP, wrong)) return false;
    if (!JS_IsString(reason)) {
        line_add(wrong, "%s returned { wrong: %s }; it may be a string", name, value_kind(context, reason));
        return false;
    }
    JSValue offset;
    if (!get(context, value, "offset", &offset)) return false;
    step->val.wrong.offset.is_some = !is_absent(offset);
    if (step->val.wrong.offset.is_some &&
        !read_count(context, name, "offset", offset, &step->val.wrong.offset.val, wrong))
        return false;
    static struct line text;
    line_clear(&text);
    line_add_string(&text, reason);
    step->val.wrong.reason = line_text(&text);
    return true;
}

bool value_to_step(JSContext *context, const char *name, JSValueConst value, step_t *step,
                   struct line *wrong) {
    step->tag = EXPORTS_ECO_PLUGIN_CLIENT_STEP_DONE;
    if (is_absent(value)) return true;
    if (!engine_is_plain(value)) return refuse(context, name, value, MAY_STEP, wrong);
    JSValue reason;
    if (!get(context, value, "wrong", &reason)) return false;
    if (is_absent(reason)) {
        step->tag = EXPORTS_ECO_PLUGIN_CLIENT_STEP_NEXT;
        return value_to_turn(context, name, value, &step->val.next, wrong);
    }
    bool read = read_fault(context, name, value, reason, step, wrong);
    JS_FreeValue(context, reason);
    return read;
}
