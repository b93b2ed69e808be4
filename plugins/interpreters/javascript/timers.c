/* Owns setTimeout and its like. The host has one timer for each connection; it is set for the next one here.
   Times are nanoseconds of the clock that only goes forward, as the host says them: as numbers of JavaScript they
   would not be exact. */

#include <math.h>
#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

struct timer {
    uint32_t id;
    uint64_t due;
    /* Counts each time that one is set. Of those that are due at the same time the first goes first. */
    uint64_t order;
    /* From one time to the next; 0 where it comes once. */
    uint64_t period;
    JSValue callback;
    int count;
    JSValue *values;
};

static struct timer *timers;
static size_t length, room;
static uint32_t last_id;
static uint64_t last_order;

#define MILLISECOND 1000000

/* A wait beyond this is as good as for ever: three centuries. */
#define LONGEST 9e12

/* What messages call the function of a timer. */
static const char function[] = "a timer's function";

static bool is_before(const struct timer *one, const struct timer *other) {
    return one->due == other->due ? one->order < other->order : one->due < other->due;
}

static struct timer *next_timer(void) {
    struct timer *next = NULL;
    for (size_t i = 0; i < length; i++)
        if (!next || is_before(&timers[i], next)) next = &timers[i];
    return next;
}

static void set_host(void) {
    const struct timer *next = next_timer();
    if (!next) {
        eco_plugin_timer_set(NULL);
        return;
    }
    uint64_t now = eco_plugin_script_elapsed();
    uint64_t after = next->due > now ? (next->due - now + MILLISECOND - 1) / MILLISECOND : 0;
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
    if (!phase_allows(context, name)) return JS_EXCEPTION;
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
    delay = delay >= 1 ? fmin(delay, LONGEST) : 1;
    uint64_t wait = (uint64_t) round(delay * MILLISECOND);
    timers[length++] = (struct timer) {
        .id = ++last_id,
        .due = eco_plugin_script_elapsed() + wait,
        .order = ++last_order,
        .period = repeats ? wait : 0,
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

/* Calls one that is due. It may set and clear any, also itself. */
static JSValue call(JSContext *context, struct timer *due) {
    JSValue callback = JS_DupValue(context, due->callback);
    int count = due->count;
    JSValue values[count + 1];
    for (int i = 0; i < count; i++) values[i] = JS_DupValue(context, due->values[i]);
    if (due->period == 0) {
        drop_timer(context, due);
    } else {
        uint64_t now = eco_plugin_script_elapsed();
        due->order = ++last_order;
        due->due += due->period;
        if (due->due < now) due->due = now;
    }
    JSValue result = JS_Call(context, callback, JS_UNDEFINED, count, values);
    for (int i = 0; i < count; i++) JS_FreeValue(context, values[i]);
    JS_FreeValue(context, callback);
    return result;
}

/* A function that waits for another timer has returned by now: what it says in the end is no reply any more. */
static JSValue refuse_late(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    if (JS_IsUndefined(values[0]) || JS_IsNull(values[0])) return JS_UNDEFINED;
    return JS_ThrowTypeError(context, "%s has waited: what it returns then goes nowhere; use send", function);
}

/* What a function returned, in the end; nothing where that is still to come. Takes the value over. */
static JSValue settle(JSContext *context, JSValue result, struct line *wrong) {
    if (!JS_IsPromise(result) || !promise_stays_pending(context, script_name(), result))
        return promise_settle(context, script_name(), function, result, wrong);
    JSValue late = JS_NewCFunction(context, refuse_late, "late", 1);
    JSValue then = JS_PromiseThen(context, result, late, JS_UNDEFINED);
    JS_FreeValue(context, late);
    JS_FreeValue(context, result);
    if (JS_IsException(then)) return then;
    JS_FreeValue(context, then);
    return JS_UNDEFINED;
}

/* What a function returned is a reply, as of any other. All that it left to do is done before the next one is
   called, and what that sends goes before the reply, as everywhere. Takes the value over. */
static bool take(JSContext *context, JSValue result, reply_t *answer, struct line *wrong) {
    reply_t reply;
    result = settle(context, result, wrong);
    bool done = !JS_IsException(result) && value_to_reply(context, function, result, &reply, wrong);
    JS_FreeValue(context, result);
    if (!done) return false;
    if (jobs_wait(context)) {
        answer_settle();
        jobs_run(context, script_name());
    }
    answer->next = reply.next;
    sent_add(&reply.data);
    answer_forget(context);
    return true;
}

bool timers_call(JSContext *context, reply_t *answer, struct line *wrong) {
    /* What becomes due meanwhile has its turn the next time, so that this comes to an end. */
    uint64_t until = eco_plugin_script_elapsed();
    uint64_t known = last_order;
    bool done = true;
    struct timer *next;
    /* After the last word nothing more is said. */
    while (done && answer->next == EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN && (next = next_timer()) &&
           next->due <= until && next->order <= known)
        done = take(context, call(context, next), answer, wrong);
    set_host();
    return done;
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
