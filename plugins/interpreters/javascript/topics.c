/* Binds the import topics: subscribe, unsubscribe, publish. */

#include "interpreter.h"

JSValue member_of(JSContext *context, const eco_plugin_topics_member_t *member) {
    JSValue object = JS_NewObject(context);
    JS_SetPropertyStr(context, object, "id", text_of(context, &member->id));
    JS_SetPropertyStr(context, object, "label", text_of(context, &member->label));
    return object;
}

static JSValue subscribe(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text topic, label;
    if (!phase_allows(context, "subscribe") || !text_find(context, "subscribe", values[0], &topic)) return JS_EXCEPTION;
    JSValue none = JS_NewString(context, "");
    bool found = text_find(context, "subscribe", JS_IsUndefined(values[1]) ? none : values[1], &label);
    JS_FreeValue(context, none);
    JSValue result = JS_EXCEPTION;
    if (found) {
        eco_plugin_topics_list_member_t members;
        eco_plugin_topics_problem_t problem;
        if (eco_plugin_topics_subscribe(&topic.host, &label.host, &members, &problem)) {
            result = JS_NewArray(context);
            for (size_t i = 0; i < members.len; i++)
                JS_SetPropertyUint32(context, result, (uint32_t) i, member_of(context, &members.ptr[i]));
            eco_plugin_topics_list_member_free(&members);
        } else {
            result = problem_throw(context, "subscribe", problem.tag, &problem.val.unavailable);
        }
        text_free(context, &label);
    }
    text_free(context, &topic);
    return result;
}

static JSValue unsubscribe(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text topic;
    if (!phase_allows(context, "unsubscribe") || !text_find(context, "unsubscribe", values[0], &topic))
        return JS_EXCEPTION;
    eco_plugin_topics_unsubscribe(&topic.host);
    text_free(context, &topic);
    return JS_UNDEFINED;
}

static JSValue publish(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    struct text topic;
    if (!phase_allows(context, "publish") || !text_find(context, "publish", values[0], &topic)) return JS_EXCEPTION;
    bytes_t data;
    const char *text;
    JSValue result = JS_EXCEPTION;
    if (bytes_of(context, "publish", values[1], &data, &text)) {
        eco_plugin_topics_problem_t problem;
        bool done = eco_plugin_topics_publish(&topic.host, &data, &problem);
        result = done ? JS_UNDEFINED : problem_throw(context, "publish", problem.tag, &problem.val.unavailable);
        if (text) JS_FreeCString(context, text);
    }
    text_free(context, &topic);
    return result;
}

static const JSCFunctionListEntry globals[] = {
    JS_CFUNC_DEF("subscribe", 2, subscribe),
    JS_CFUNC_DEF("unsubscribe", 1, unsubscribe),
    JS_CFUNC_DEF("publish", 2, publish),
};

void topics_define(JSContext *context, JSValueConst global) {
    JS_SetPropertyFunctionList(context, global, globals, 3);
}
