/* Owns the job queue: nothing outside a script ever resolves a promise, so all of its jobs run
   before a call ends. Knows nothing of what a fulfilled promise's value is good for. */

#include "interpreter.h"

/* Rejected promises that nobody handles yet: an array, as they may become many. */
static JSValue unhandled;
static bool any_unhandled;

/* The engine says twice what matters: that a promise was rejected with nobody there to handle it,
   and that somebody came after all. */
static void watch(JSContext *context, JSValueConst promise, JSValueConst reason, bool handled,
                  void *unused) {
    int64_t count = 0;
    JS_GetLength(context, unhandled, &count);
    if (!handled) {
        any_unhandled = true;
        JS_DefinePropertyValueUint32(context, unhandled, (uint32_t) count,
                                     JS_DupValue(context, promise), JS_PROP_C_W_E);
        return;
    }
    for (int64_t i = count - 1; i >= 0; i--) {
        JSValue other = JS_GetPropertyInt64(context, unhandled, i);
        bool same = JS_IsStrictEqual(context, other, promise);
        JS_FreeValue(context, other);
        if (!same) continue;
        JS_SetPropertyInt64(context, unhandled, i, JS_UNDEFINED);
        return;
    }
}

void promises_watch(JSContext *context) {
    unhandled = JS_NewArray(context);
    JS_SetHostPromiseRejectionTracker(JS_GetRuntime(context), watch, NULL);
}

static void log_error(JSContext *context, const char *script, JSValueConst thrown) {
    struct line line = { 0 };
    error_say(context, script, thrown, &line);
    line_log(&line, ECO_PLUGIN_LOG_LEVEL_ERROR);
}

static void log_unhandled(JSContext *context, const char *script) {
    if (!any_unhandled) return;
    any_unhandled = false;
    int64_t count = 0;
    JS_GetLength(context, unhandled, &count);
    /* Telling an error may run code of the script, which may reject more promises. */
    JSValue rejected = unhandled;
    unhandled = JS_NewArray(context);
    for (int64_t i = 0; i < count; i++) {
        JSValue promise = JS_GetPropertyInt64(context, rejected, i);
        JSValue reason = JS_PromiseResult(context, promise);
        if (JS_PromiseState(context, promise) == JS_PROMISE_REJECTED)
            log_error(context, script, reason);
        JS_FreeValue(context, reason);
        JS_FreeValue(context, promise);
    }
    JS_FreeValue(context, rejected);
}

static void run_queue(JSContext *context, const char *script) {
    JSContext *its_own;
    int ran;
    while ((ran = JS_ExecutePendingJob(JS_GetRuntime(context), &its_own)) != 0) {
        if (ran > 0) continue;
        struct line line = { 0 };
        error_take(context, script, &line);
        line_log(&line, ECO_PLUGIN_LOG_LEVEL_ERROR);
    }
}

bool jobs_wait(JSContext *context) {
    return any_unhandled || JS_IsJobPending(JS_GetRuntime(context));
}

void jobs_run(JSContext *context, const char *script) {
    run_queue(context, script);
    log_unhandled(context, script);
}

bool promise_stays_pending(JSContext *context, const char *script, JSValueConst promise) {
    /* Whoever called the function handles the promise that it returned. */
    JS_PromiseMarkAsHandled(context, promise);
    run_queue(context, script);
    return JS_PromiseState(context, promise) == JS_PROMISE_PENDING;
}

JSValue promise_settle(JSContext *context, const char *script, const char *name, JSValue value,
                       struct line *wrong) {
    if (!JS_IsPromise(value)) return value;
    bool pending = promise_stays_pending(context, script, value);
    JSValue result = JS_PromiseResult(context, value);
    JSPromiseStateEnum state = JS_PromiseState(context, value);
    JS_FreeValue(context, value);
    if (state == JS_PROMISE_REJECTED) return JS_Throw(context, result);
    if (!pending) return result;
    line_add(wrong, "%s waits for a promise that nothing will ever resolve", name);
    return JS_EXCEPTION;
}
