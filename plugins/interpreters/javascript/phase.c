/* Owns what the script is being called for, and says what it may use then. */

#include "interpreter.h"

enum phase phase;

bool phase_is_call(JSContext *context, const char *name) {
    if (phase == TOP_LEVEL)
        JS_ThrowPlainError(context, "%s can't be called at the top level, which runs once for all connections",
                           name);
    return phase != TOP_LEVEL;
}

bool phase_allows(JSContext *context, const char *name) {
    if (!phase_is_call(context, name)) return false;
    if (phase == CLIENT)
        JS_ThrowPlainError(context, "%s is for plugins that serve, and this is a client", name);
    return phase != CLIENT;
}
