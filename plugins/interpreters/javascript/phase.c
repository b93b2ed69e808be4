/* Owns what the script is being called for, and says what it may use then. */

#include "interpreter.h"

enum phase phase;

bool phase_allows(JSContext *context, const char *name) {
    if (phase == TOP_LEVEL)
        JS_ThrowPlainError(context, "%s can't be called at the top level, which runs once for all connections",
                           name);
    else if (phase == CLIENT)
        JS_ThrowPlainError(context, "%s is for plugins that serve, and this is a client", name);
    return phase == SERVING || phase == CLOSING;
}
