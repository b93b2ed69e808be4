/* Owns what a script has sent by `send` in the running call: bytes that go before what it returns. */

#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

static uint8_t *sent;
static size_t length, room;

static bool add(const bytes_t *bytes) {
    if (length + bytes->len > room) {
        size_t more = 2 * (length + bytes->len);
        uint8_t *grown = realloc(sent, more);
        if (!grown) return false;
        sent = grown;
        room = more;
    }
    if (bytes->len > 0) memcpy(sent + length, bytes->ptr, bytes->len);
    length += bytes->len;
    return true;
}

void sent_add(const bytes_t *data) {
    if (!add(data)) abort();
}

static JSValue send_bytes(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    bytes_t bytes;
    const char *text;
    if (!phase_allows(context, "send")) return JS_EXCEPTION;
    if (phase == CLOSING) return JS_ThrowPlainError(context, "send: the connection is closed");
    if (!bytes_of(context, "send", values[0], &bytes, &text)) return JS_EXCEPTION;
    bool added = add(&bytes);
    if (text) JS_FreeCString(context, text);
    return added ? JS_UNDEFINED : JS_ThrowOutOfMemory(context);
}

void sent_forget(void) {
    length = 0;
}

void sent_before(bytes_t *data) {
    if (length == 0) return;
    uint8_t *whole = realloc(sent, length + data->len);
    if (!whole) abort();
    if (data->len > 0) memcpy(whole + length, data->ptr, data->len);
    sent = whole;
    room = length + data->len;
    *data = (bytes_t) { whole, room };
}

void sent_define(JSContext *context, JSValueConst global) {
    JS_SetPropertyStr(context, global, "send", JS_NewCFunction(context, send_bytes, "send", 1));
}
