/* Owns the name Lines in globalThis. What it stands for is left to lines.js, which is evaluated when a
   script first asks for it, so that the others don't pay for it. */

#include "engine.h"
#include "interpreter.h"

static const char text[] = {
#embed "lines.js"
    , 0
};

static void keep(JSContext *context, JSValue value) {
    JSValue global = JS_GetGlobalObject(context);
    JS_DefinePropertyValueStr(context, global, "Lines", value,
                              JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_FreeValue(context, global);
}

static JSValue make(JSContext *context, JSValueConst this) {
    JSValue made = JS_Eval(context, text, sizeof text - 1, "<Lines>", JS_EVAL_TYPE_GLOBAL);
    if (!JS_IsException(made)) keep(context, JS_DupValue(context, made));
    return made;
}

/* A script may have something of its own by this name. */
static JSValue replace(JSContext *context, JSValueConst this, JSValueConst value) {
    keep(context, JS_DupValue(context, value));
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry globals[] = {
    JS_CGETSET_DEF("Lines", make, replace),
};

void lines_define(JSContext *context, JSValueConst global) {
    JS_SetPropertyFunctionList(context, global, globals, 1);
}
