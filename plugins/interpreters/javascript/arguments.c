/* Takes what a script passes to an import, as the text or the bytes that the host wants; and makes strings of the
   host's texts. Must not know what they are for. */

#include "engine.h"
#include "interpreter.h"

void text_free(JSContext *context, struct text *text) {
    if (text->utf8) JS_FreeCString(context, text->utf8);
    JS_FreeValue(context, text->string);
}

bool text_find(JSContext *context, const char *name, JSValueConst value, struct text *text) {
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

JSValue text_of(JSContext *context, const script_interpreter_string_t *text) {
    return JS_NewStringLen(context, (const char *) text->ptr, text->len);
}
