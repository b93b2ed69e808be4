/* Owns setTimeout and its like. The host has one timer for each connection; it is set for the next one here.
   Times are milliseconds since 1970, as the host says them. */

#include <math.h>
#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

struct timer {
    uint32_t id;
    double due;
    /* Milliseconds from one time to the next; negative where it comes once. */
    double period;
    JSValue callback;
    int count;
    JSValue *values;
};

static struct timer *timers;
static size_t length, room;
static uint32_t last_id;

static double now(void) {
    return (double) eco_plugin_script_now() / 1e6;
}

static struct timer *next_timer(void) {
    struct timer *next = NULL;
    for (size_t i = 0; i < length; i++)
        if (!next || timers[i].due < next->due) next = &timers[i];
    return next;
}

static void set_host(void) {
    const struct timer *next = next_timer();
    if (!next) {
        eco_plugin_timer_set(NULL);
        return;
    }
    double wait = ceil(next->due - now());
    uint64_t after = wait > 0 ? (uint64_t) fmin(wait, 9e15) : 0;
    eco_plugin_timer_set(&after);
}

static void drop_timer(JSContext *context, struct timer *timer) {
    JS_FreeValue(context, timer->callback);
    for (int i = 0; i < timer->count; i++) JS_FreeValue(context, timer->values[i]);
    js_free(context, timer->values);
    *timer = timers[--length];
}

static JSValue add_timer(JSContext *context, JSValueConst this, int count, JSValueConst *values, int repeats) {
    const char *name = repeats ? "setInterval" : "setTimeout";
    double delay = 0;
    if (!shared_may(context, name)) return JS_EXCEPTION;
    if (count == 0 || !JS_IsFunction(context, values[0]))
        return JS_ThrowTypeError(context, "%s takes a function, then milliseconds", name);
    if (count > 1 && JS_ToFloat64(context, &delay, values[1])) return JS_EXCEPTION;
    if (length == room) {
        size_t more = room ? 2 * room : 4;
        struct timer *grown = realloc(timers, more * sizeof *timers);
        if (!grown) return JS_ThrowOutOfMemory(context);
        timers = grown;
        room = more;
    }
    int given = count > 2 ? count - 2 : 0;
    JSValue *copies = given ? js_malloc(context, (size_t) given * sizeof *copies) : NULL;
    if (given && !copies) return JS_EXCEPTION;
    for (int i = 0; i < given; i++) copies[i] = JS_DupValue(context, values[i + 2]);
    /* As everywhere: no number is no time, and a millisecond is the least. */
    delay = delay >= 1 ? delay : 1;
    timers[length++] = (struct timer) {
        .id = ++last_id,
        .due = now() + delay,
        .period = repeats ? delay : -1,
        .callback = JS_DupValue(context, values[0]),
        .count = given,
        .values = copies,
    };
    set_host();
    return JS_NewUint32(context, last_id);
}

static JSValue clear_timer(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    uint32_t id;
    if (count == 0 || !JS_IsNumber(values[0]) || JS_ToUint32(context, &id, values[0])) return JS_UNDEFINED;
    for (size_t i = 0; i < length; i++) {
        if (timers[i].id != id) continue;
        drop_timer(context, &timers[i]);
        set_host();
        break;
    }
    return JS_UNDEFINED;
}

/* Calls one that is due. It may set and clear any, also itself. Nobody waits for what it returns, so that it
   may wait itself, for another timer. */
static JSValue call(JSContext *context, struct timer *due) {
    JSValue callback = JS_DupValue(context, due->callback);
    int count = due->count;
    JSValue values[count + 1];
    for (int i = 0; i < count; i++) values[i] = JS_DupValue(context, due->values[i]);
    if (due->period >= 0) due->due = fmax(due->due + due->period, now());
    else drop_timer(context, due);
    JSValue result = JS_Call(context, callback, JS_UNDEFINED, count, values);
    for (int i = 0; i < count; i++) JS_FreeValue(context, values[i]);
    JS_FreeValue(context, callback);
    return result;
}

JSValue timers_call(JSContext *context) {
    /* What becomes due meanwhile has its turn the next time, so that this comes to an end. */
    double until = now();
    uint32_t known = last_id;
    JSValue result = JS_UNDEFINED;
    size_t calls = length;
    for (struct timer *next; calls-- > 0 && (next = next_timer()) && next->due <= until && next->id <= known;) {
        result = call(context, next);
        if (JS_IsException(result)) break;
        JS_FreeValue(context, result);
        result = JS_UNDEFINED;
    }
    set_host();
    return result;
}

static const JSCFunctionListEntry globals[] = {
    JS_CFUNC_MAGIC_DEF("setTimeout", 2, add_timer, false),
    JS_CFUNC_MAGIC_DEF("setInterval", 2, add_timer, true),
    JS_CFUNC_DEF("clearTimeout", 1, clear_timer),
    JS_CFUNC_DEF("clearInterval", 1, clear_timer),
};

void timers_define(JSContext *context, JSValueConst global) {
    JS_SetPropertyFunctionList(context, global, globals, 4);
}
