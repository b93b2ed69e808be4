/* Binds the imports of the program that embeds eco: an object for each, under the name that the program gives it. Must
   not know what their functions do. */

#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

/* What each function has with it. */
enum { NAME, IMPORT, FUNCTION, PARAMETERS, DATA };

/* Throws the pending error with this message, and with a payload unless that is undefined. Takes both over. The engine
   would cut a long message. */
static JSValue throw_anew(JSContext *context, JSValue message, JSValue payload) {
    JSValue error = JS_GetException(context);
    JS_DefinePropertyValueStr(context, error, "message", message, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    if (!JS_IsUndefined(payload)) JS_DefinePropertyValueStr(context, error, "payload", payload, JS_PROP_C_W_E);
    return JS_Throw(context, error);
}

static JSValue throw_failed(JSContext *context, const char *name, eco_plugin_script_list_part_t *parts) {
    JSValue payload = parts_take(context, parts);
    JSValue message;
    if (JS_IsString(payload)) {
        message = JS_DupValue(context, payload);
    } else {
        struct line line = { 0 };
        line_add(&line, "%s failed", name);
        if (!JS_IsUndefined(payload)) {
            line_add(&line, ": ");
            console_show(context, &line, payload);
        }
        message = JS_NewStringLen(context, line.text, line.length);
    }
    JS_ThrowPlainError(context, "%s", name);
    return throw_anew(context, message, payload);
}

static JSValue throw_refused(JSContext *context, const char *name, script_interpreter_string_t *why) {
    struct line line = { 0 };
    line_add(&line, "%s: ", name);
    line_add_utf8(&line, (const char *) why->ptr, why->len);
    script_interpreter_string_free(why);
    JSValue message = JS_NewStringLen(context, line.text, line.length);
    JS_ThrowTypeError(context, "%s", name);
    return throw_anew(context, message, JS_UNDEFINED);
}

static uint32_t number_of(JSContext *context, JSValueConst value) {
    uint32_t number = 0;
    JS_ToUint32(context, &number, value);
    return number;
}

static JSValue ask_host(JSContext *context, const char *name, struct parts *parts, JSValueConst *data) {
    eco_plugin_script_list_part_t arguments = { parts->first, parts->count }, result;
    eco_plugin_script_host_failure_t failure;
    uint32_t import = number_of(context, data[IMPORT]), function = number_of(context, data[FUNCTION]);
    if (eco_plugin_script_call_host(import, function, &arguments, &result, &failure))
        return parts_take(context, &result);
    if (failure.tag == ECO_PLUGIN_SCRIPT_HOST_FAILURE_FAILED)
        return throw_failed(context, name, &failure.val.failed);
    return throw_refused(context, name, &failure.val.refused);
}

/* As with any function, arguments that are missing are undefined, and those that are too many are left off. */
static JSValue call(JSContext *context, JSValueConst this, int count, JSValueConst *values, int magic,
                    JSValueConst *data) {
    const char *name = JS_ToCString(context, data[NAME]);
    if (!name) return JS_EXCEPTION;
    struct parts parts = { 0 };
    uint32_t parameters = number_of(context, data[PARAMETERS]);
    bool done = phase_is_call(context, name);
    for (uint32_t i = 0; i < parameters && done; i++)
        done = parts_add(context, name, i < (uint32_t) count ? values[i] : JS_UNDEFINED, &parts);
    JSValue result = done ? ask_host(context, name, &parts, data) : JS_EXCEPTION;
    parts_free(context, &parts);
    JS_FreeCString(context, name);
    return result;
}

static void define_function(JSContext *context, JSValueConst object, const char *import, uint32_t import_place,
                            const eco_plugin_script_host_function_t *function, uint32_t place) {
    JSValue key = name_of(context, &function->name);
    const char *text = JS_ToCString(context, key);
    struct line name = { 0 };
    line_add(&name, "%s.%s", import, text ? text : "");
    JSValue data[DATA] = {
        [NAME] = JS_NewStringLen(context, name.text, name.length),
        [IMPORT] = JS_NewUint32(context, import_place),
        [FUNCTION] = JS_NewUint32(context, place),
        [PARAMETERS] = JS_NewUint32(context, function->parameters),
    };
    JSValue made = JS_NewCFunctionData2(context, call, text ? text : "", (int) function->parameters, 0, DATA,
                                        data);
    if (text) JS_DefinePropertyValueStr(context, object, text, made, JS_PROP_C_W_E);
    JS_FreeValue(context, data[NAME]);
    JS_FreeCString(context, text);
    JS_FreeValue(context, key);
}

static void define_import(JSContext *context, JSValueConst global, const eco_plugin_script_host_import_t *import,
                          uint32_t place) {
    JSValue key = name_of(context, &import->name);
    const char *text = JS_ToCString(context, key);
    if (text) {
        JSValue object = JS_NewObject(context);
        for (uint32_t i = 0; i < import->functions.len; i++)
            define_function(context, object, text, place, &import->functions.ptr[i], i);
        JS_DefinePropertyValueStr(context, global, text, object, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    }
    JS_FreeCString(context, text);
    JS_FreeValue(context, key);
}

/* A name that is there already means the embedding program's import from now on. */
void host_imports_define(JSContext *context, JSValueConst global) {
    eco_plugin_script_list_host_import_t imports;
    eco_plugin_script_host_imports(&imports);
    for (uint32_t i = 0; i < imports.len; i++) define_import(context, global, &imports.ptr[i], i);
    eco_plugin_script_list_host_import_free(&imports);
}
