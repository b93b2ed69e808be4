/* Owns what the host sees: the functions of the contract, each of which calls the script's function of
   that name. Knows nothing of JavaScript. */

#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

static const char *const contract_names[FUNCTIONS] = {
#define IN_CONTRACT(name, contract, capitals, underscores) contract,
    FOR_EACH_FUNCTION(IN_CONTRACT)
};

/* The error that a call ended with. It stays until the next one, as all that is returned. */
static struct line failure;

/* Ends a call: what went wrong is told, and what is left to do is done. */
static bool finish(bool done, const struct line *wrong, script_interpreter_string_t *error) {
    if (!done) {
        script_explain(wrong, &failure);
        *error = line_text(&failure);
    }
    if (jobs_wait(context)) {
        answer_settle();
        jobs_run(context, script_name());
    }
    return done;
}

/* Begins a call: what the last one returned has been read. */
static bool prepared(enum phase call, script_interpreter_string_t *error) {
    line_clear(&failure);
    if (!script_ready(&failure)) {
        *error = line_text(&failure);
        return false;
    }
    answer_forget(context);
    sent_forget();
    phase = call;
    return true;
}

bool exports_eco_plugin_interpreter_load(script_interpreter_list_string_t *names,
                                         script_interpreter_string_t *error) {
    if (!prepared(TOP_LEVEL, error)) return false;
    static script_interpreter_string_t found[FUNCTIONS];
    *names = (script_interpreter_list_string_t) { .ptr = found };
    for (enum function i = 0; i < FUNCTIONS; i++) {
        JSValue function = script_find(i);
        if (JS_IsException(function)) return finish(false, NULL, error);
        if (!JS_IsUndefined(function))
            script_interpreter_string_set(&found[names->len++], contract_names[i]);
        JS_FreeValue(context, function);
    }
    return true;
}

static bool reply_many(enum function function, int count, JSValue *arguments, reply_t *answer,
                       script_interpreter_string_t *error) {
    struct line wrong;
    line_clear(&wrong);
    bool defined;
    JSValue result = script_call(function, count, arguments, &defined, &wrong);
    bool done = !JS_IsException(result) &&
                value_to_reply(context, function_name(function), result, answer, &wrong);
    JS_FreeValue(context, result);
    /* What is left to do may send too. */
    done = finish(done, &wrong, error);
    if (done) sent_before(&answer->data);
    return done;
}

static bool reply(enum function function, int count, JSValue argument, reply_t *answer,
                  script_interpreter_string_t *error) {
    return reply_many(function, count, &argument, answer, error);
}

bool exports_eco_plugin_session_open(exports_eco_plugin_session_connection_t *peer, reply_t *answer,
                                     script_interpreter_string_t *error) {
    if (!prepared(SERVING, error)) return false;
    JSValue connection = JS_NewObject(context);
    JS_SetPropertyStr(context, connection, "id", JS_NewInt64(context, (int64_t) peer->id));
    JS_SetPropertyStr(context, connection, "peer", text_of(context, &peer->peer));
    JS_SetPropertyStr(context, connection, "local", text_of(context, &peer->local));
    exports_eco_plugin_session_connection_free(peer);
    return reply(OPEN, 1, connection, answer, error);
}

bool exports_eco_plugin_session_receive(bytes_t *chunk, reply_t *answer,
                                        script_interpreter_string_t *error) {
    if (!prepared(SERVING, error)) return false;
    return reply(RECEIVE, 1, engine_bytes(context, chunk->ptr, chunk->len), answer, error);
}

bool exports_eco_plugin_session_end_of_input(reply_t *answer, script_interpreter_string_t *error) {
    if (!prepared(SERVING, error)) return false;
    return reply(END_OF_INPUT, 0, JS_UNDEFINED, answer, error);
}

static bool reply_to_timers(reply_t *answer, script_interpreter_string_t *error) {
    struct line wrong;
    line_clear(&wrong);
    script_begin();
    *answer = (reply_t) { 0 };
    bool done = finish(timers_call(context, answer, &wrong), &wrong, error);
    if (done) sent_before(&answer->data);
    return done;
}

static JSValue take_text(script_interpreter_string_t *text) {
    JSValue value = text_of(context, text);
    script_interpreter_string_free(text);
    return value;
}

static JSValue take_member(eco_plugin_topics_member_t *member) {
    JSValue value = member_of(context, member);
    eco_plugin_topics_member_free(member);
    return value;
}

bool exports_eco_plugin_events_event(exports_eco_plugin_events_happening_t *event, reply_t *answer,
                                     script_interpreter_string_t *error) {
    if (!prepared(SERVING, error)) return false;
    switch (event->tag) {
    case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_MESSAGE: {
        exports_eco_plugin_events_message_t *message = &event->val.message;
        JSValue data = engine_bytes(context, message->data.ptr, message->data.len);
        JSValue values[] = { take_text(&message->topic), data, take_member(&message->from) };
        return reply_many(MESSAGE, 3, values, answer, error);
    }
    case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_JOINED:
    case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_LEFT: {
        bool joined = event->tag == EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_JOINED;
        exports_eco_plugin_events_presence_t *presence = &event->val.joined;
        JSValue values[] = { take_text(&presence->topic), take_member(&presence->member) };
        return reply_many(joined ? JOINED : LEFT, 2, values, answer, error);
    }
    case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_MISSED: {
        exports_eco_plugin_events_missed_t *missed = &event->val.missed;
        JSValue count = JS_UNDEFINED;
        if (missed->count.is_some) count = JS_NewInt64(context, (int64_t) missed->count.val);
        JSValue values[] = { take_text(&missed->topic), count };
        return reply_many(MISSED, 2, values, answer, error);
    }
    default:
        return reply_to_timers(answer, error);
    }
}

/* Nobody waits for a result here, so what goes wrong is only logged. */
void exports_eco_plugin_session_closed(exports_eco_plugin_session_reason_t why) {
    static const char *const reasons[] = {
        "ended", "by-plugin", "peer-reset", "idle", "stalled", "stopping", "failed",
    };
    struct line wrong = { 0 }, error = { 0 };
    bool defined;
    if (script_ready(&error)) {
        JSValue reason = JS_NewString(context, reasons[why]);
        phase = CLOSING;
        JSValue result = script_call(CLOSED, 1, &reason, &defined, &wrong);
        if (JS_IsException(result)) script_explain(&wrong, &error);
        JS_FreeValue(context, result);
        jobs_run(context, script_name());
    }
    if (error.length > 0) line_log(&error, ECO_PLUGIN_LOG_LEVEL_ERROR);
}

bool exports_eco_plugin_client_start(bytes_t *message, turn_t *turn,
                                     script_interpreter_string_t *error) {
    if (!prepared(CLIENT, error)) return false;
    struct line wrong;
    line_clear(&wrong);
    bool defined;
    JSValue argument = message ? engine_bytes(context, message->ptr, message->len) : JS_NULL;
    JSValue result = script_call(START, 1, &argument, &defined, &wrong);
    *turn = (turn_t) { .expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_NOTHING };
    bool done = !JS_IsException(result) &&
                (!defined || value_to_turn(context, "start", result, turn, &wrong));
    JS_FreeValue(context, result);
    return finish(done, &wrong, error);
}

bool exports_eco_plugin_client_replied(bytes_t *answer, step_t *step,
                                       script_interpreter_string_t *error) {
    if (!prepared(CLIENT, error)) return false;
    struct line wrong;
    line_clear(&wrong);
    bool defined;
    JSValue argument = engine_bytes(context, answer->ptr, answer->len);
    JSValue result = script_call(REPLIED, 1, &argument, &defined, &wrong);
    bool done = !JS_IsException(result) && value_to_step(context, "replied", result, step, &wrong);
    JS_FreeValue(context, result);
    return finish(done, &wrong, error);
}

/* What a call returns stays where it is until the next one, so that nothing is to be freed after it.
   These take the place of the bindings' own, which do, and unlike those they aren't exported: what isn't
   there needs no call. */
#define NO_POST_RETURN(function) \
    void __wasm_export_exports_eco_plugin_##function##_post_return(uint8_t *answer) {}
NO_POST_RETURN(interpreter_load)
NO_POST_RETURN(session_open)
NO_POST_RETURN(session_receive)
NO_POST_RETURN(session_end_of_input)
NO_POST_RETURN(events_event)
NO_POST_RETURN(client_start)
NO_POST_RETURN(client_replied)
