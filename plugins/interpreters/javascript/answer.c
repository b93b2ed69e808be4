/* Owns the bytes of the last answer. The host reads them after the call, where they are, so they stay
   until the next one. Knows nothing of what they say. */

#include <stdlib.h>

#include "interpreter.h"

/* The value that has them, and the text if it is a string. */
static JSValue held = JS_UNDEFINED;
static const char *text;
/* Where the answer says where they are; it may have to say something else before the call ends. */
static bytes_t *said;
/* What had to be copied: `through`, and what is sent. */
static uint8_t *copies[2];
static size_t copied;

void answer_forget(JSContext *context) {
    if (text) JS_FreeCString(context, text);
    JS_FreeValue(context, held);
    while (copied > 0) free(copies[--copied]);
    text = NULL;
    held = JS_UNDEFINED;
    said = NULL;
}

bool answer_hold(JSContext *context, JSValueConst value, bytes_t *bytes) {
    if (!bytes_find(context, value, bytes, &text)) return false;
    if (!text) held = JS_DupValue(context, value);
    said = bytes;
    return true;
}

void answer_copy(bytes_t *bytes) {
    if (bytes->len == 0) return;
    uint8_t *copy = malloc(bytes->len);
    if (!copy) abort();
    memcpy(copy, bytes->ptr, bytes->len);
    bytes->ptr = copies[copied++] = copy;
}

void answer_settle(void) {
    if (said) answer_copy(said);
}
