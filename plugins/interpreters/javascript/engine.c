/* Owns the one translation unit that is QuickJS, and the few doors into it that its public interface
   doesn't have. Knows nothing of eco: not of sessions, nor of what scripts may return. */

#include "gauge.h"
#include "imports.h"

#include "quickjs.c"

#include "engine.h"

static JSValue measured_next(JSContext *context, JSValueConst iterator, JSValueConst method, int count,
                             JSValueConst *values, int *done) {
    *done = false;
    if (check_stack(context->rt, 0)) return JS_ThrowStackOverflow(context);
    return iterator_next(context, iterator, method, count, values, done);
}

/* QuickJS switches its own limit off under WASI, but its checks still compare with this field. */
void engine_limit_stack(JSRuntime *runtime, uintptr_t lowest) {
    runtime->stack_limit = lowest;
}

static int refuse_import(struct JSParseState *state, JSContext *context, JSModuleDef *module, JSAtom name,
                         JSValueConst attributes) {
    char text[ATOM_GET_STR_BUF_SIZE];
    /* The parser has read on: its last token was the name, or what is demanded of it. */
    state->token.line_num = state->last_line_num;
    state->token.col_num = state->last_col_num;
    state->token.ptr = NULL;
    return js_parse_error(state, NO_MODULE, JS_AtomGetStr(context, text, sizeof text, name));
}

static JSValue reject_import(JSContext *context, JSValueConst name, JSValueConst options) {
    const char *text = JS_ToCString(context, name);
    if (text) JS_ThrowReferenceError(context, NO_MODULE, text);
    JS_FreeCString(context, text);
    JSValue error = JS_GetException(context);
    /* Nobody may ever wait for it, and so throw it where there is a place. */
    build_backtrace(context, error, JS_UNDEFINED, NULL, 0, 0, 0);
    JSValue promise = JS_NewSettledPromise(context, true, error);
    JS_FreeValue(context, error);
    return promise;
}

/* An error that was made where nothing runs has a trace, and nothing in it: as it is there, it stays. */
static void forget_trace(JSContext *context, JSValueConst error) {
    JSValue *trace = &JS_VALUE_GET_OBJ(error)->u.object_data;
    JS_FreeValue(context, *trace);
    *trace = JS_UNDEFINED;
}

/* The engine says itself where a literal is that can't be compiled, as long as there is no trace. */
static JSValue compile_literal(JSContext *context, JSValueConst pattern, JSValueConst flags) {
    JSValue compiled = js_compile_regexp(context, pattern, flags);
    JSValue error = context->rt->current_exception;
    if (JS_IsException(compiled) && JS_IsError(error)) forget_trace(context, error);
    return compiled;
}

void engine_place_literals(JSContext *context) {
    context->compile_regexp = compile_literal;
}

void engine_place_error(JSContext *context, JSValueConst error, const char *file, int line, int column) {
    forget_trace(context, error);
    build_backtrace(context, error, JS_UNDEFINED, file, line, column, 0);
}

/* The generator stays at zero once it is there, so that this says that it has no seed. */
#define UNSEEDED 0

static uint64_t (*seed_source)(void);

static JSValue seeded_random(JSContext *context, JSValueConst this_value, int count, JSValueConst *values) {
    if (context->random_state == UNSEEDED) context->random_state = seed_source() | 1;
    return js_math_random(context, this_value, count, values);
}

/* When performance.now was 0, since 1970; 0 until somebody asks. */
static double origin;

static JSValue time_origin(JSContext *context, JSValueConst this_value, int count, JSValueConst *values) {
    if (origin == 0) origin = js__gettimeofday_us() / 1000.0 - (js__now_ms() - context->time_origin);
    return js_float64(origin);
}

static void replace_performance(JSContext *context, JSValue global) {
    JSValue performance = JS_NewObject(context);
    JS_SetPropertyFunctionList(context, performance, js_perf_proto_funcs, countof(js_perf_proto_funcs));
    JSAtom name = JS_NewAtom(context, "timeOrigin");
    JS_DefinePropertyGetSet(context, performance, name,
                            JS_NewCFunction(context, time_origin, "get timeOrigin", 0), JS_UNDEFINED,
                            JS_PROP_CONFIGURABLE | JS_PROP_ENUMERABLE);
    JS_FreeAtom(context, name);
    JS_SetPropertyStr(context, global, "performance", performance);
}

void engine_seed_with(JSContext *context, uint64_t (*source)(void)) {
    seed_source = source;
    context->random_state = source() | 1;
    context->hash_seed = xorshift64star(&context->random_state);
    context->random_state = UNSEEDED;
    JSValue global = JS_GetGlobalObject(context);
    JSValue math = JS_GetPropertyStr(context, global, "Math");
    JS_SetPropertyStr(context, math, "random", JS_NewCFunction(context, seeded_random, "random", 0));
    JS_FreeValue(context, math);
    replace_performance(context, global);
    JS_FreeValue(context, global);
}

void engine_begin_anew(JSContext *context) {
    context->random_state = UNSEEDED;
    context->time_origin = js__now_ms();
    origin = 0;
}

void engine_keep_shapes(JSContext *context) {
    static JSValue kept;
    kept = JS_NewUint8ArrayCopy(context, NULL, 0);
}

JSValue engine_global(JSContext *context, JSAtom name) {
    return JS_GetGlobalVar(context, name, false);
}

/* The array buffer asks for size 0 to let go of its bytes, and for other sizes when a script
   transfers it. The counter is what decides when garbage is collected; without it, a script that
   keeps chunks in cycles would run out of memory long before the collector woke up. */
static void *resize_bytes(JSRuntime *runtime, void *unused, void *bytes, size_t size) {
    size_t *counter = &runtime->malloc_state.malloc_size;
    *counter -= malloc_usable_size(bytes);
    if (size == 0) {
        free(bytes);
        return NULL;
    }
    void *resized = realloc(bytes, size);
    *counter += malloc_usable_size(resized ? resized : bytes);
    return resized;
}

JSValue engine_bytes(JSContext *context, uint8_t *bytes, size_t length) {
    if (length == 0) return JS_NewUint8ArrayCopy(context, NULL, 0);
    context->rt->malloc_state.malloc_size += malloc_usable_size(bytes);
    return JS_NewUint8Array(context, bytes, length, resize_bytes, NULL, false);
}

JSValue engine_trace(JSContext *context, JSValueConst error) {
    if (!JS_IsError(error)) return JS_UNDEFINED;
    return js_dup(JS_VALUE_GET_OBJ(error)->u.object_data);
}

bool engine_is_plain(JSValueConst value) {
    return JS_GetClassID(value) == JS_CLASS_OBJECT;
}

bool engine_is_literal(JSContext *context, JSValueConst value) {
    if (!engine_is_plain(value)) return false;
    JSObject *prototype = JS_VALUE_GET_OBJ(value)->shape->proto;
    return !prototype || prototype == JS_VALUE_GET_OBJ(context->class_proto[JS_CLASS_OBJECT]);
}

JSAtom engine_other_key(JSContext *context, JSValueConst object, const char *const *known) {
    JSShape *shape = JS_VALUE_GET_OBJ(object)->shape;
    JSShapeProperty *keys = get_shape_prop(shape);
    for (int i = 0; i < shape->prop_count; i++) {
        JSAtom key = keys[i].atom;
        const char *const *other = known;
        char text[ATOM_GET_STR_BUF_SIZE];
        if (key == JS_ATOM_NULL || JS_AtomGetKind(context, key) != JS_ATOM_KIND_STRING) continue;
        JS_AtomGetStr(context, text, sizeof text, key);
        while (*other && strcmp(text, *other)) other++;
        if (!*other) return key;
    }
    return JS_ATOM_NULL;
}

JSValue engine_latin1(JSContext *context, const uint8_t *bytes, size_t length) {
    return js_new_string8_len(context, (const char *) bytes, (int) length);
}

uint32_t engine_units(JSValueConst string) {
    return string_rope_get_len(string);
}

uint32_t engine_unit(JSValueConst string, uint32_t index) {
    return string_rope_get(string, index);
}
