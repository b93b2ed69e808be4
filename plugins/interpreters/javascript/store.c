/* Binds the import store: get, set, compareAndSet, add, delete and keys of the object `store`. */

#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

/* What asks for a page of keys. The host gives no more at a time. */
#define PAGE 1000

static JSValue store_get(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text key;
    if (!phase_allows(context, "store.get") || !text_find(context, "store.get", values[0], &key)) return JS_EXCEPTION;
    script_interpreter_option_list_u8_t value;
    eco_plugin_store_problem_t problem;
    bool done = eco_plugin_store_get(&key.host, &value, &problem);
    text_free(context, &key);
    if (!done) return problem_throw(context, "store.get", problem.tag, &problem.val.unavailable);
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
    if (!phase_allows(context, "store.set") || !find_ttl(context, values[2], &ttl, &given) ||
        !text_find(context, "store.set", values[0], &key))
        return JS_EXCEPTION;
    bytes_t value;
    const char *text;
    JSValue result = JS_EXCEPTION;
    if (bytes_of(context, "store.set", values[1], &value, &text)) {
        eco_plugin_store_problem_t problem;
        bool done = eco_plugin_store_set(&key.host, &value, given ? &ttl : NULL, &problem);
        result = done ? JS_UNDEFINED : problem_throw(context, "store.set", problem.tag, &problem.val.unavailable);
        if (text) JS_FreeCString(context, text);
    }
    text_free(context, &key);
    return result;
}

static JSValue store_compare_and_set(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    static const char name[] = "store.compareAndSet";
    struct text key;
    if (!phase_allows(context, name) || !text_find(context, name, values[0], &key)) return JS_EXCEPTION;
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
        result = done ? JS_NewBool(context, had) : problem_throw(context, name, problem.tag, &problem.val.unavailable);
    }
    for (int i = 0; i < 2; i++)
        if (texts[i]) JS_FreeCString(context, texts[i]);
    text_free(context, &key);
    return result;
}

static JSValue store_add(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    double delta = 1;
    struct text key;
    if (!phase_allows(context, "store.add")) return JS_EXCEPTION;
    if (!JS_IsUndefined(values[1]) && JS_ToFloat64(context, &delta, values[1])) return JS_EXCEPTION;
    if (!(delta >= -SAFE && delta <= SAFE) || delta != (double) (int64_t) delta)
        return JS_ThrowRangeError(context, "store.add takes a whole number");
    if (!text_find(context, "store.add", values[0], &key)) return JS_EXCEPTION;
    int64_t sum;
    eco_plugin_store_problem_t problem;
    bool done = eco_plugin_store_add(&key.host, (int64_t) delta, &sum, &problem);
    text_free(context, &key);
    if (!done) return problem_throw(context, "store.add", problem.tag, &problem.val.unavailable);
    if (sum < -SAFE || sum > SAFE)
        return JS_ThrowRangeError(context, "store.add: the sum is beyond what a number can be");
    return JS_NewInt64(context, sum);
}

static JSValue store_delete(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text key;
    if (!phase_allows(context, "store.delete") || !text_find(context, "store.delete", values[0], &key))
        return JS_EXCEPTION;
    bool had;
    eco_plugin_store_problem_t problem;
    bool done = eco_plugin_store_delete(&key.host, &had, &problem);
    text_free(context, &key);
    return done ? JS_NewBool(context, had)
                : problem_throw(context, "store.delete", problem.tag, &problem.val.unavailable);
}

/* An array of all keys that begin with the prefix. A key that came twice is in it twice: none does that the
   host keeps in memory. */
static JSValue store_keys(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text prefix;
    if (!phase_allows(context, "store.keys")) return JS_EXCEPTION;
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
            result = problem_throw(context, "store.keys", problem.tag, &problem.val.unavailable);
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
    JS_OBJECT_DEF("store", store, 6, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE),
};

void store_define(JSContext *context, JSValueConst global) {
    JS_SetPropertyFunctionList(context, global, globals, 1);
}
