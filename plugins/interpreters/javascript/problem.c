/* Throws the problems of the host's imports, as Errors with a code. Must not know which import has one. */

#include "interpreter.h"

/* Throws what the host said. Both kinds of problems have the same order, and the last is the store's alone. */
JSValue problem_throw(JSContext *context, const char *name, uint8_t tag, script_interpreter_string_t *why) {
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
