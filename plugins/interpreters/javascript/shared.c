/* Owns topics and the store, as scripts have them: subscribe, unsubscribe, publish, store. What can't be done
   is an Error with a code. */

#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

/* What asks for a page of keys. The host gives no more at a time. */
#define PAGE 1000

/* The longest number that a double can tell from its neighbours. */
#define SAFE 9007199254740991

bool shared_may(JSContext *context, const char *name) {
    if (phase == TOP_LEVEL)
        JS_ThrowPlainError(context, "%s can't be called at the top level, which runs once for all connections",
                           name);
    else if (phase == CLIENT)
        JS_ThrowPlainError(context, "%s is for plugins that serve, and this is a client", name);
    return phase == SERVING || phase == CLOSING;
}

/* Throws what the host said. Both kinds of problems have the same order, and the last is the store's alone. */
static JSValue refused(JSContext *context, const char *name, uint8_t tag, script_interpreter_string_t *why) {
    static const struct {
        const char *code, *text;
    } problems[] = {
        { "unavailable", "" },
        { "too-large", "too large (the log names the limit)" },
        { "too-many", "too many (the log names the limit)" },
        { "not-a-number", "not a number" },
    };
    if (tag == ECO_PLUGIN_STORE_PROBLEM_UNAVAILABLE) {
        JS_ThrowPlainError(context, "%s: %.*s", name, (int) why->len, (const char *) why->ptr);
        script_interpreter_string_free(why);
    } else {
        JS_ThrowPlainError(context, "%s: %s", name, problems[tag].text);
    }
    JSValue error = JS_GetException(context);
    JS_SetPropertyStr(context, error, "code", JS_NewString(context, problems[tag].code));
    return JS_Throw(context, error);
}

/* A value as text: of a name, which may be anything that can be text. */
struct text {
    JSValue string;
    const char *utf8;
    script_interpreter_string_t host;
};

static void text_free(JSContext *context, struct text *text) {
    if (text->utf8) JS_FreeCString(context, text->utf8);
    JS_FreeValue(context, text->string);
}

static bool text_find(JSContext *context, const char *name, JSValueConst value, struct text *text) {
    bytes_t bytes;
    /* As text this would be [object Object], which nobody means. */
    if (engine_is_literal(context, value)) {
        JS_ThrowTypeError(context, "%s takes a text, and not an object", name);
        return false;
    }
    *text = (struct text) { .string = JS_ToString(context, value) };
    if (JS_IsException(text->string)) return false;
    if (!bytes_find(context, text->string, &bytes, &text->utf8)) {
        text_free(context, text);
        return false;
    }
    text->host = (script_interpreter_string_t) { bytes.ptr, bytes.len };
    return true;
}

bool bytes_of(JSContext *context, const char *name, JSValueConst value, bytes_t *bytes, const char **text) {
    *text = NULL;
    if (JS_IsString(value) || JS_IsArrayBuffer(value) || JS_GetTypedArrayType(value) == JS_TYPED_ARRAY_UINT8)
        return bytes_find(context, value, bytes, text);
    JS_ThrowTypeError(context, "%s takes a string, a Uint8Array or an ArrayBuffer", name);
    return false;
}

static JSValue text_of(JSContext *context, const script_interpreter_string_t *text) {
    return JS_NewStringLen(context, (const char *) text->ptr, text->len);
}

JSValue member_of(JSContext *context, const eco_plugin_topics_member_t *member) {
    JSValue object = JS_NewObject(context);
    JS_SetPropertyStr(context, object, "id", text_of(context, &member->id));
    JS_SetPropertyStr(context, object, "label", text_of(context, &member->label));
    return object;
}

static JSValue subscribe(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text topic, label;
    if (!shared_may(context, "subscribe") || !text_find(context, "subscribe", values[0], &topic)) return JS_EXCEPTION;
    JSValue none = JS_NewString(context, "");
    bool found = text_find(context, "subscribe", JS_IsUndefined(values[1]) ? none : values[1], &label);
    JS_FreeValue(context, none);
    JSValue result = JS_EXCEPTION;
    if (found) {
        eco_plugin_topics_list_member_t members;
        eco_plugin_topics_problem_t problem;
        if (eco_plugin_topics_subscribe(&topic.host, &label.host, &members, &problem)) {
            result = JS_NewArray(context);
            for (size_t i = 0; i < members.len; i++)
                JS_SetPropertyUint32(context, result, (uint32_t) i, member_of(context, &members.ptr[i]));
            eco_plugin_topics_list_member_free(&members);
        } else {
            result = refused(context, "subscribe", problem.tag, &problem.val.unavailable);
        }
        text_free(context, &label);
    }
    text_free(context, &topic);
    return result;
}

static JSValue unsubscribe(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text topic;
    if (!shared_may(context, "unsubscribe") || !text_find(context, "unsubscribe", values[0], &topic)) return JS_EXCEPTION;
    eco_plugin_topics_unsubscribe(&topic.host);
    text_free(context, &topic);
    return JS_UNDEFINED;
}

static JSValue publish(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text topic;
    if (!shared_may(context, "publish") || !text_find(context, "publish", values[0], &topic)) return JS_EXCEPTION;
    bytes_t data;
    const char *text;
    JSValue result = JS_EXCEPTION;
    if (bytes_of(context, "publish", values[1], &data, &text)) {
        eco_plugin_topics_problem_t problem;
        bool done = eco_plugin_topics_publish(&topic.host, &data, &problem);
        result = done ? JS_UNDEFINED : refused(context, "publish", problem.tag, &problem.val.unavailable);
        if (text) JS_FreeCString(context, text);
    }
    text_free(context, &topic);
    return result;
}

static JSValue store_get(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text key;
    if (!shared_may(context, "store.get") || !text_find(context, "store.get", values[0], &key)) return JS_EXCEPTION;
    script_interpreter_option_list_u8_t value;
    eco_plugin_store_problem_t problem;
    bool done = eco_plugin_store_get(&key.host, &value, &problem);
    text_free(context, &key);
    if (!done) return refused(context, "store.get", problem.tag, &problem.val.unavailable);
    return value.is_some ? engine_bytes(context, value.val.ptr, value.val.len) : JS_UNDEFINED;
}

static bool is_absent(JSValueConst value) {
    return JS_IsUndefined(value) || JS_IsNull(value);
}

/* `{ ttl }` in milliseconds, if there is one. */
static bool find_ttl(JSContext *context, JSValueConst options, uint64_t *ttl, bool *given) {
    static const char *const known[] = { "ttl", NULL };
    *given = false;
    if (!options_check(context, "store.set", options, known)) return false;
    if (is_absent(options)) return true;
    JSValue value = JS_GetPropertyStr(context, options, "ttl");
    if (JS_IsException(value)) return false;
    double number = 0;
    *given = !is_absent(value);
    if (*given && (!JS_IsNumber(value) || JS_ToFloat64(context, &number, value) || !(number >= 0))) {
        JS_FreeValue(context, value);
        JS_ThrowRangeError(context, "store.set takes { ttl }, a number of milliseconds");
        return false;
    }
    JS_FreeValue(context, value);
    *ttl = number < SAFE ? (uint64_t) number : UINT64_MAX;
    return true;
}

static JSValue store_set(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text key;
    uint64_t ttl;
    bool given;
    if (!shared_may(context, "store.set") || !find_ttl(context, values[2], &ttl, &given) ||
        !text_find(context, "store.set", values[0], &key))
        return JS_EXCEPTION;
    bytes_t value;
    const char *text;
    JSValue result = JS_EXCEPTION;
    if (bytes_of(context, "store.set", values[1], &value, &text)) {
        eco_plugin_store_problem_t problem;
        bool done = eco_plugin_store_set(&key.host, &value, given ? &ttl : NULL, &problem);
        result = done ? JS_UNDEFINED : refused(context, "store.set", problem.tag, &problem.val.unavailable);
        if (text) JS_FreeCString(context, text);
    }
    text_free(context, &key);
    return result;
}

static JSValue store_compare_and_set(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    static const char name[] = "store.compareAndSet";
    struct text key;
    if (!shared_may(context, name) || !text_find(context, name, values[0], &key)) return JS_EXCEPTION;
    bytes_t bytes[2];
    const char *texts[2] = { NULL };
    bool found = true;
    for (int i = 0; i < 2 && found; i++)
        found = is_absent(values[i + 1]) || bytes_of(context, name, values[i + 1], &bytes[i], &texts[i]);
    JSValue result = JS_EXCEPTION;
    if (found) {
        bool had;
        eco_plugin_store_problem_t problem;
        bool done = eco_plugin_store_compare_and_set(&key.host, is_absent(values[1]) ? NULL : &bytes[0],
                                                     is_absent(values[2]) ? NULL : &bytes[1], &had, &problem);
        result = done ? JS_NewBool(context, had) : refused(context, name, problem.tag, &problem.val.unavailable);
    }
    for (int i = 0; i < 2; i++)
        if (texts[i]) JS_FreeCString(context, texts[i]);
    text_free(context, &key);
    return result;
}

static JSValue store_add(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    double delta = 1;
    struct text key;
    if (!shared_may(context, "store.add")) return JS_EXCEPTION;
    if (!JS_IsUndefined(values[1]) && JS_ToFloat64(context, &delta, values[1])) return JS_EXCEPTION;
    if (!(delta >= -SAFE && delta <= SAFE) || delta != (double) (int64_t) delta)
        return JS_ThrowRangeError(context, "store.add takes a whole number");
    if (!text_find(context, "store.add", values[0], &key)) return JS_EXCEPTION;
    int64_t sum;
    eco_plugin_store_problem_t problem;
    bool done = eco_plugin_store_add(&key.host, (int64_t) delta, &sum, &problem);
    text_free(context, &key);
    if (!done) return refused(context, "store.add", problem.tag, &problem.val.unavailable);
    if (sum < -SAFE || sum > SAFE)
        return JS_ThrowRangeError(context, "store.add: the sum is beyond what a number can be");
    return JS_NewInt64(context, sum);
}

static JSValue store_delete(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text key;
    if (!shared_may(context, "store.delete") || !text_find(context, "store.delete", values[0], &key)) return JS_EXCEPTION;
    bool had;
    eco_plugin_store_problem_t problem;
    bool done = eco_plugin_store_delete(&key.host, &had, &problem);
    text_free(context, &key);
    return done ? JS_NewBool(context, had)
                : refused(context, "store.delete", problem.tag, &problem.val.unavailable);
}

/* An array of all keys that begin with the prefix. A key that came twice is in it twice: none does that the
   host keeps in memory. */
static JSValue store_keys(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text prefix;
    if (!shared_may(context, "store.keys")) return JS_EXCEPTION;
    JSValue none = JS_NewString(context, "");
    bool found = text_find(context, "store.keys", JS_IsUndefined(values[0]) ? none : values[0], &prefix);
    JS_FreeValue(context, none);
    if (!found) return JS_EXCEPTION;
    JSValue result = JS_NewArray(context);
    script_interpreter_string_t more;
    bool has_more = false;
    uint32_t length = 0;
    do {
        eco_plugin_store_page_t page;
        eco_plugin_store_problem_t problem;
        bool done = eco_plugin_store_keys(&prefix.host, has_more ? &more : NULL, PAGE, &page, &problem);
        if (has_more) script_interpreter_string_free(&more);
        has_more = done && page.more.is_some;
        if (!done) {
            JS_FreeValue(context, result);
            result = refused(context, "store.keys", problem.tag, &problem.val.unavailable);
            break;
        }
        for (size_t i = 0; i < page.keys.len; i++) {
            JS_SetPropertyUint32(context, result, length++, text_of(context, &page.keys.ptr[i]));
            script_interpreter_string_free(&page.keys.ptr[i]);
        }
        // No keys lie nowhere.
        if (page.keys.len > 0) free(page.keys.ptr);
        more = page.more.val;
    } while (has_more);
    text_free(context, &prefix);
    return result;
}

static const JSCFunctionListEntry store[] = {
    JS_CFUNC_DEF("get", 1, store_get),
    JS_CFUNC_DEF("set", 3, store_set),
    JS_CFUNC_DEF("compareAndSet", 3, store_compare_and_set),
    JS_CFUNC_DEF("add", 2, store_add),
    JS_CFUNC_DEF("delete", 1, store_delete),
    JS_CFUNC_DEF("keys", 1, store_keys),
};

static const JSCFunctionListEntry globals[] = {
    JS_CFUNC_DEF("subscribe", 2, subscribe),
    JS_CFUNC_DEF("unsubscribe", 1, unsubscribe),
    JS_CFUNC_DEF("publish", 2, publish),
    JS_OBJECT_DEF("store", store, 6, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE),
};

void shared_define(JSContext *context, JSValueConst global) {
    JS_SetPropertyFunctionList(context, global, globals, 4);
}
