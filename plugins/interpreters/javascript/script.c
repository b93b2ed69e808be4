/* Owns the one script of this instance: its context, its evaluation, and the calls of its functions.
   Knows nothing of what the functions are for, nor of what they may return. */

#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

/* How much of the stack in linear memory a script may use. The host's own stack for compiled code
   has 512 KiB, and grows up to 3.1 times as fast: a script has to come to this end before that one. */
#define STACK_OF_SCRIPT (140 * 1024)

static const char *const names[FUNCTIONS] = {
#define IN_JAVASCRIPT(name, contract, capitals, underscores) capitals,
    FOR_EACH_FUNCTION(IN_JAVASCRIPT)
};

JSContext *context;
static struct line file_name;
static JSAtom atoms[FUNCTIONS];
/* The exports of a script that is a module; otherwise undefined, and the globals count. */
static JSValue exports = JS_UNDEFINED;
static enum { UNTOUCHED, READY, BROKEN } state;

const char *script_name(void) {
    return file_name.text;
}

const char *function_name(enum function function) {
    return names[function];
}

/* The engine asks after some ten thousand jumps and calls; on true it throws what nothing catches. */
static int is_spent(JSRuntime *unused_runtime, void *unused) {
    return eco_plugin_script_spent();
}

static void create_context(void) {
    JSRuntime *runtime = JS_NewRuntime();
    JS_SetInterruptHandler(runtime, is_spent, NULL);
    engine_limit_stack(runtime, (uintptr_t) __builtin_frame_address(0) - STACK_OF_SCRIPT);
    context = JS_NewContext(runtime);
    engine_seed_with(context, eco_plugin_script_random);
    engine_keep_shapes(context);
    engine_place_literals(context);
    JSValue global = JS_GetGlobalObject(context);
    console_define(context, global);
    encoding_define(context, global);
    lines_define(context, global);
    topics_define(context, global);
    store_define(context, global);
    timers_define(context, global);
    peer_define(context, global);
    sent_define(context, global);
    host_imports_define(context, global);
    JS_FreeValue(context, global);
    promises_watch(context);
    for (int i = 0; i < FUNCTIONS; i++) atoms[i] = JS_NewAtom(context, names[i]);
}

static bool is_syntax_error(JSValueConst thrown) {
    JSValue name = JS_GetPropertyStr(context, thrown, "name");
    const char *text = JS_ToCString(context, name);
    bool same = text && strcmp(text, "SyntaxError") == 0;
    JS_FreeCString(context, text);
    JS_FreeValue(context, name);
    return same;
}

/* Only a guess, for which nothing but a second compilation is at stake. */
static bool looks_like_module(const char *text) {
    return strstr(text, "export") || strstr(text, "import");
}

/* A module that runs keeps its exports; its evaluation is a promise. */
static JSValue run_module(JSValue module, struct line *wrong) {
    JSModuleDef *definition = JS_VALUE_GET_PTR(module);
    JSValue evaluated = JS_EvalFunction(context, module);
    if (JS_IsException(evaluated)) return evaluated;
    exports = JS_GetModuleNamespace(context, definition);
    return promise_settle(context, script_name(), "the script", evaluated, wrong);
}

static JSValue compile(const char *text, size_t length, int type) {
    return JS_Eval(context, text, length, script_name(), type | JS_EVAL_FLAG_COMPILE_ONLY);
}

/* Some errors that are found only once all has been read have no place, but quote a name: it is where the script has
   that first. */
static void place_by_name(JSValueConst error, const char *text) {
    if (!JS_IsError(error)) return;
    JSValue trace = engine_trace(context, error), message = JS_GetPropertyStr(context, error, "message");
    const char *placed = JS_ToCString(context, trace), *said = JS_ToCString(context, message);
    const char *name = said ? strchr(said, '\'') : NULL;
    size_t length = name ? strcspn(++name, "'") : 0;
    if (placed && !*placed && length > 0) {
        char *copy = strndup(name, length);
        const char *at = copy ? strstr(text, copy) : NULL;
        free(copy);
        int line = 1;
        const char *begin = text;
        for (const char *each = text; at && each < at; each++)
            if (*each == '\n') line++, begin = each + 1;
        if (at) engine_place_error(context, error, script_name(), line, (int) (at - begin) + 1);
    }
    JS_FreeCString(context, placed);
    JS_FreeCString(context, said);
    JS_FreeValue(context, trace);
    JS_FreeValue(context, message);
}

/* Most scripts are classic ones. One that is no valid script may be a valid module. */
static JSValue run_script(const char *text, size_t length, struct line *wrong) {
    JSValue compiled = compile(text, length, JS_EVAL_TYPE_GLOBAL);
    if (!JS_IsException(compiled)) return JS_EvalFunction(context, compiled);
    JSValue error = JS_GetException(context);
    if (is_syntax_error(error) && looks_like_module(text)) {
        JS_FreeValue(context, error);
        compiled = compile(text, length, JS_EVAL_TYPE_MODULE);
        if (!JS_IsException(compiled)) return run_module(compiled, wrong);
        error = JS_GetException(context);
    }
    place_by_name(error, text);
    return JS_Throw(context, error);
}

/* The engine reads one byte beyond the text, which must be zero. */
static char *terminated(const script_interpreter_string_t *text) {
    char *copy = malloc(text->len + 1);
    if (!copy) abort();
    memcpy(copy, text->ptr, text->len);
    copy[text->len] = 0;
    return copy;
}

void script_explain(const struct line *wrong, struct line *error) {
    if (JS_HasException(context)) {
        error_take(context, script_name(), error);
        return;
    }
    line_add(error, "%s: ", script_name());
    line_add_utf8(error, wrong->text, wrong->length);
}

static bool evaluate(struct line *error) {
    create_context();
    eco_plugin_script_source_t source;
    eco_plugin_script_read(&source);
    line_add_utf8(&file_name, (const char *) source.name.ptr, source.name.len);
    char *text = terminated(&source.text);
    struct line wrong = { 0 };
    JSValue result = run_script(text, source.text.len, &wrong);
    bool done = !JS_IsException(result);
    if (!done) script_explain(&wrong, error);
    JS_FreeValue(context, result);
    jobs_run(context, script_name());
    free(text);
    eco_plugin_script_source_free(&source);
    eco_plugin_script_evaluated();
    return done;
}

bool script_ready(struct line *error) {
    if (state == UNTOUCHED) {
        state = evaluate(error) ? READY : BROKEN;
    } else if (state == BROKEN) {
        line_add(error, "%s: the script could not be evaluated", script_name());
    }
    return state == READY;
}

/* A script may exchange its functions, so they are looked up for each call. */
JSValue script_find(enum function function) {
    JSValue found = JS_IsUndefined(exports) ? engine_global(context, atoms[function])
                                            : JS_GetProperty(context, exports, atoms[function]);
    if (JS_IsException(found) || JS_IsFunction(context, found)) return found;
    JS_FreeValue(context, found);
    return JS_UNDEFINED;
}

/* Otherwise an exception of today would be told with the place of one that was caught long ago. */
static void forget_last_throw(void) {
    JSValue trace = JS_UNDEFINED;
    js_std_cmd(2, context, &trace);
    JS_FreeValue(context, trace);
}

void script_begin(void) {
    /* This instance may have started from another, in which the script was evaluated. */
    static bool begun;
    if (!begun) engine_begin_anew(context);
    begun = true;
    forget_last_throw();
}

JSValue script_call(enum function function, int count, JSValue *arguments, bool *defined,
                    struct line *wrong) {
    script_begin();
    JSValue callee = script_find(function), result = callee;
    *defined = !JS_IsUndefined(callee);
    if (JS_IsFunction(context, callee)) {
        result = JS_Call(context, callee, JS_UNDEFINED, count, arguments);
        result = promise_settle(context, script_name(), names[function], result, wrong);
        JS_FreeValue(context, callee);
    }
    for (int i = 0; i < count; i++) JS_FreeValue(context, arguments[i]);
    return result;
}
