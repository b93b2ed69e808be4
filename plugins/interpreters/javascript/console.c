/* Owns console, and how a value becomes text for a person. Strings and the like are shown from here;
   whatever has an inside is left to inspect.js. Knows nothing of who reads the log. */

#include "engine.h"
#include "interpreter.h"

static const char inspector[] = {
#embed "inspect.js"
    , 0
};

/* The function that inspect.js evaluates to, once it was needed. */
static JSValue format = JS_UNDEFINED;

/* A string that shows all the values, or an exception. */
static JSValue formatted(JSContext *context, int count, JSValueConst *values) {
    if (JS_IsUndefined(format)) {
        JSValue made = JS_Eval(context, inspector, sizeof inspector - 1, "<console>",
                               JS_EVAL_TYPE_GLOBAL);
        if (JS_IsException(made)) return made;
        format = made;
    }
    return JS_Call(context, format, JS_UNDEFINED, count, values);
}

static bool has_inside(JSValueConst value) {
    return JS_IsObject(value) || JS_IsSymbol(value) || JS_IsBigInt(value);
}

static bool has_directives(JSValueConst text) {
    uint32_t length = engine_units(text);
    for (uint32_t i = 0; i < length; i++)
        if (engine_unit(text, i) == '%') return true;
    return false;
}

static bool is_simple(int count, JSValueConst *values) {
    for (int i = 0; i < count; i++)
        if (has_inside(values[i])) return false;
    return count < 2 || !JS_IsString(values[0]) || !has_directives(values[0]);
}

static void add_simple(JSContext *context, struct line *line, JSValueConst value) {
    JSValue text = JS_ToString(context, value);
    if (JS_IsString(text)) line_add_string(line, text);
    else JS_FreeValue(context, JS_GetException(context));
    JS_FreeValue(context, text);
}

/* Adds what all the values look like. What they are may be as hostile as can be, and what shows them depends on
   methods that a script can replace: the only exception that is left is that the time is used up. */
static bool add_formatted(JSContext *context, struct line *line, int count, JSValueConst *values) {
    JSValue text = formatted(context, count, values);
    if (!JS_IsException(text)) {
        add_simple(context, line, text);
        JS_FreeValue(context, text);
        return true;
    }
    JSValue error = JS_GetException(context);
    if (JS_IsUncatchableError(error)) {
        JS_Throw(context, error);
        return false;
    }
    JS_FreeValue(context, error);
    line_add(line, "(a value that can't be shown)");
    return true;
}

static JSValue log_values(JSContext *context, JSValueConst this, int count, JSValueConst *values,
                          int level) {
    struct line line = { 0 };
    if (is_simple(count, values)) {
        for (int i = 0; i < count; i++) {
            if (i > 0) line_add(&line, " ");
            add_simple(context, &line, values[i]);
        }
    } else if (!add_formatted(context, &line, count, values)) {
        return JS_EXCEPTION;
    }
    line_log(&line, (eco_plugin_log_level_t) level);
    return JS_UNDEFINED;
}

void console_show(JSContext *context, struct line *line, JSValueConst value) {
    JSValueConst values[] = { JS_NewString(context, "%o"), value };
    if (!add_formatted(context, line, 2, values)) JS_FreeValue(context, JS_GetException(context));
    JS_FreeValue(context, values[0]);
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_MAGIC_DEF("log", 0, log_values, ECO_PLUGIN_LOG_LEVEL_INFO),
    JS_CFUNC_MAGIC_DEF("info", 0, log_values, ECO_PLUGIN_LOG_LEVEL_INFO),
    JS_CFUNC_MAGIC_DEF("warn", 0, log_values, ECO_PLUGIN_LOG_LEVEL_WARN),
    JS_CFUNC_MAGIC_DEF("error", 0, log_values, ECO_PLUGIN_LOG_LEVEL_ERROR),
    JS_CFUNC_MAGIC_DEF("debug", 0, log_values, ECO_PLUGIN_LOG_LEVEL_DEBUG),
};

static const JSCFunctionListEntry globals[] = {
    JS_OBJECT_DEF("console", functions, 5, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE),
};

void console_define(JSContext *context, JSValueConst global) {
    JS_SetPropertyFunctionList(context, global, globals, 1);
}
