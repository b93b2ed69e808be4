// Owns the component's exports: which function of the script each one calls, what that is given, and
// which kind of answer is expected. It must not know how a script is run or how an answer is read.
#include "interpreter.h"

static int give_nothing(lua_State *L, const struct call *call) {
    (void)L;
    (void)call;
    return 0;
}

// Gives a list of bytes as one string.
static int give_bytes(lua_State *L, const struct call *call) {
    const script_interpreter_list_u8_t *bytes = call->input;
    push_bytes(L, bytes->ptr, bytes->len);
    return 1;
}

// Gives the message of a client, or nil without one.
static int give_message(lua_State *L, const struct call *call) {
    if (call->input != NULL) return give_bytes(L, call);
    lua_pushnil(L);
    return 1;
}

static int give_connection(lua_State *L, const struct call *call) {
    const exports_eco_plugin_session_connection_t *connection = call->input;
    push_bytes(L, connection->local.ptr, connection->local.len);
    push_bytes(L, connection->peer.ptr, connection->peer.len);
    lua_createtable(L, 0, 3);
    lua_insert(L, 1);
    lua_setfield(L, 1, "peer");
    lua_setfield(L, 1, "local");
    lua_pushinteger(L, (lua_Integer)connection->id);
    lua_setfield(L, 1, "id");
    return 1;
}

static int give_reason(lua_State *L, const struct call *call) {
    static const char *const reasons[] = {
        [EXPORTS_ECO_PLUGIN_SESSION_REASON_ENDED] = "ended",
        [EXPORTS_ECO_PLUGIN_SESSION_REASON_BY_PLUGIN] = "by-plugin",
        [EXPORTS_ECO_PLUGIN_SESSION_REASON_PEER_RESET] = "peer-reset",
        [EXPORTS_ECO_PLUGIN_SESSION_REASON_IDLE] = "idle",
        [EXPORTS_ECO_PLUGIN_SESSION_REASON_STALLED] = "stalled",
        [EXPORTS_ECO_PLUGIN_SESSION_REASON_STOPPING] = "stopping",
        [EXPORTS_ECO_PLUGIN_SESSION_REASON_FAILED] = "failed",
    };
    const exports_eco_plugin_session_reason_t *reason = call->input;
    lua_pushstring(L, reasons[*reason]);
    return 1;
}

// What the host has handed over and Lua hasn't seen yet must not be collected: so nothing is.
static int give_message_event(lua_State *L, const struct call *call) {
    const exports_eco_plugin_events_message_t *message = call->input;
    lua_gc(L, LUA_GCSTOP);
    push_bytes(L, message->topic.ptr, message->topic.len);
    push_bytes(L, message->data.ptr, message->data.len);
    push_member(L, &message->from);
    lua_gc(L, LUA_GCRESTART);
    return 3;
}

static int give_presence(lua_State *L, const struct call *call) {
    const exports_eco_plugin_events_presence_t *presence = call->input;
    lua_gc(L, LUA_GCSTOP);
    push_bytes(L, presence->topic.ptr, presence->topic.len);
    push_member(L, &presence->member);
    lua_gc(L, LUA_GCRESTART);
    return 2;
}

static int give_missed(lua_State *L, const struct call *call) {
    const exports_eco_plugin_events_missed_t *missed = call->input;
    push_bytes(L, missed->topic.ptr, missed->topic.len);
    if (missed->count.is_some) lua_pushinteger(L, (lua_Integer)missed->count.val);
    else lua_pushnil(L);
    return 2;
}

bool exports_eco_plugin_events_event(exports_eco_plugin_events_happening_t *event,
                                     exports_eco_plugin_session_reply_t *reply,
                                     script_interpreter_string_t *error) {
    struct call call = {.take = take_reply, .output = reply, .phase = SERVING};
    switch (event->tag) {
    case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_MESSAGE:
        call.function = "message", call.give = give_message_event, call.input = &event->val.message;
        break;
    case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_JOINED:
        call.function = "joined", call.give = give_presence, call.input = &event->val.joined;
        break;
    case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_LEFT:
        call.function = "left", call.give = give_presence, call.input = &event->val.left;
        break;
    case EXPORTS_ECO_PLUGIN_EVENTS_HAPPENING_MISSED:
        call.function = "missed", call.give = give_missed, call.input = &event->val.missed;
        break;
    default:
        call.function = TIMER, call.give = give_nothing;
    }
    return call_script(&call, error);
}

bool exports_eco_plugin_interpreter_load(script_interpreter_list_string_t *names,
                                         script_interpreter_string_t *error) {
    return list_functions(names, error);
}

bool exports_eco_plugin_session_open(exports_eco_plugin_session_connection_t *peer,
                                     exports_eco_plugin_session_reply_t *reply,
                                     script_interpreter_string_t *error) {
    struct call call = {"open", give_connection, peer, take_reply, reply, SERVING};
    return call_script(&call, error);
}

bool exports_eco_plugin_session_receive(script_interpreter_list_u8_t *chunk,
                                        exports_eco_plugin_session_reply_t *reply,
                                        script_interpreter_string_t *error) {
    struct call call = {"receive", give_bytes, chunk, take_reply, reply, SERVING};
    return call_script(&call, error);
}

bool exports_eco_plugin_session_end_of_input(exports_eco_plugin_session_reply_t *reply,
                                             script_interpreter_string_t *error) {
    struct call call = {"end_of_input", give_nothing, NULL, take_reply, reply, SERVING};
    return call_script(&call, error);
}

void exports_eco_plugin_session_closed(exports_eco_plugin_session_reason_t why) {
    struct call call = {"closed", give_reason, &why, take_nothing, NULL, CLOSING};
    script_interpreter_string_t error;
    // There is nobody to return an error to, so that it goes to the log.
    if (!call_script(&call, &error)) eco_plugin_log_log(ECO_PLUGIN_LOG_LEVEL_ERROR, &error);
}

bool exports_eco_plugin_client_start(script_interpreter_list_u8_t *message,
                                     exports_eco_plugin_client_turn_t *turn,
                                     script_interpreter_string_t *error) {
    struct call call = {"start", give_message, message, take_turn, turn, CLIENT};
    return call_script(&call, error);
}

bool exports_eco_plugin_client_replied(script_interpreter_list_u8_t *reply,
                                       exports_eco_plugin_client_step_t *step,
                                       script_interpreter_string_t *error) {
    struct call call = {"replied", give_bytes, reply, take_step, step, CLIENT};
    return call_script(&call, error);
}

// What a call returns stays where it is until the next one, so that nothing is to be freed after it.
// These take the place of the bindings' own, which do, and unlike those they aren't exported: what
// isn't there needs no call.
#define NO_POST_RETURN(function) \
    void __wasm_export_exports_eco_plugin_##function##_post_return(uint8_t *answer) { (void)answer; }
NO_POST_RETURN(interpreter_load)
NO_POST_RETURN(session_open)
NO_POST_RETURN(session_receive)
NO_POST_RETURN(session_end_of_input)
NO_POST_RETURN(events_event)
NO_POST_RETURN(client_start)
NO_POST_RETURN(client_replied)
