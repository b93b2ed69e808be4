// Owns what the functions of a script may return: it checks every value, and puts it into the
// contract's types. It must not know who asked for a value, or what an error's line looks like.
//
// Bytes are not copied: the host reads them where Lua has them, in values that stay on its stack.
#include "interpreter.h"

#include <string.h>

typedef script_interpreter_list_u8_t bytes_t;

static const char *const REPLY =
    "nothing, a string, or a string and one of \"keep-open\", \"finish\", \"close\", \"reset\"";
static const char *const TURN =
    "a table with send and at most one of exactly, through, to_end";
static const char *const STEP =
    "nothing, { wrong = \"why\", offset = n }, or a table with send and at most one of exactly, "
    "through, to_end";

// Raises the error "receive returned WHAT; it may return ALLOWED", at the line of the function.
static void refuse(lua_State *L, const struct call *call, const char *what, const char *allowed) {
    lua_Debug function;
    lua_pushvalue(L, FUNCTION);
    lua_getinfo(L, ">S", &function);
    // A function of the library, which has no line, gets the script's name like all errors without.
    if (function.linedefined > 0) {
        lua_pushfstring(L, "%s:%d: ", function.short_src, function.linedefined);
    } else {
        lua_pushliteral(L, "");
    }
    lua_pushfstring(L, "%s returned %s; it may return %s", call->function, what, allowed);
    lua_concat(L, 2);
    lua_error(L);
}

static bool is_given(lua_State *L, int index) {
    return !lua_isnoneornil(L, index);
}

// The bytes of a string, which is to stay on the stack.
static bytes_t bytes_of(lua_State *L, int index) {
    bytes_t bytes = {NULL, 0};
    if (is_given(L, index)) bytes.ptr = (uint8_t *)lua_tolstring(L, index, &bytes.len);
    return bytes;
}

int take_nothing(lua_State *L, const struct call *call) {
    (void)L;
    (void)call;
    return 0;
}

static exports_eco_plugin_session_next_t check_next(lua_State *L, const struct call *call) {
    static const char *const names[] = {
        [EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN] = "keep-open",
        [EXPORTS_ECO_PLUGIN_SESSION_NEXT_FINISH] = "finish",
        [EXPORTS_ECO_PLUGIN_SESSION_NEXT_CLOSE] = "close",
        [EXPORTS_ECO_PLUGIN_SESSION_NEXT_RESET] = "reset",
    };
    if (!is_given(L, SECOND)) return EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN;
    if (lua_type(L, SECOND) == LUA_TSTRING) {
        const char *next = lua_tostring(L, SECOND);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            if (strcmp(next, names[i]) == 0) return (exports_eco_plugin_session_next_t)i;
        }
        refuse(L, call, lua_pushfstring(L, "\"%s\" as the second value", next), REPLY);
    }
    const char *what = lua_pushfstring(L, "%s as the second value", type_with_article(L, SECOND));
    // The usual reason for a number: the second result of string.gsub.
    if (lua_type(L, SECOND) == LUA_TNUMBER) {
        what = lua_pushfstring(L, "%s (string.gsub returns two values; parentheses around the call "
                                  "keep only the first)", what);
    }
    refuse(L, call, what, REPLY);
    return 0;
}

static void check_count(lua_State *L, const struct call *call, int most, const char *allowed) {
    for (int index = FIRST + most; index <= lua_gettop(L); index++) {
        if (is_given(L, index)) {
            refuse(L, call, lua_pushfstring(L, "%d values", lua_gettop(L) - FUNCTION), allowed);
        }
    }
}

// Says what comes next. The reply's bytes are left on the top, as FIRST: a string, or nil.
exports_eco_plugin_session_next_t check_reply(lua_State *L, const struct call *call) {
    int type = lua_type(L, FIRST);
    if (type > LUA_TNIL && type != LUA_TSTRING) refuse(L, call, type_with_article(L, FIRST), REPLY);
    check_count(L, call, 2, REPLY);
    exports_eco_plugin_session_next_t next = check_next(L, call);
    lua_settop(L, FIRST);
    return next;
}

// The bytes on the top, after those that were sent.
int take_sent(lua_State *L, const struct call *call) {
    exports_eco_plugin_session_reply_t *reply = call->output;
    lua_settop(L, FIRST);
    push_sent(L);
    reply->data = bytes_of(L, FIRST);
    return 1;
}

int take_reply(lua_State *L, const struct call *call) {
    exports_eco_plugin_session_reply_t *reply = call->output;
    reply->next = check_reply(L, call);
    return take_sent(L, call);
}

// Pushes a field of the table that was returned, and returns its index. The field must have the
// type, or be missing.
static int field(lua_State *L, const struct call *call, const char *key, int type,
                 const char *allowed) {
    int found = lua_getfield(L, FIRST, key);
    int index = lua_gettop(L);
    if (found != LUA_TNIL && found != type) {
        refuse(L, call, lua_pushfstring(L, "%s as %s", type_with_article(L, index), key), allowed);
    }
    return index;
}

// Refuses a table with a key that means nothing, which is most likely a slip of the pen.
static void check_keys(lua_State *L, const struct call *call, const char *const *keys,
                       const char *allowed) {
    lua_pushnil(L);
    while (lua_next(L, FIRST)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            refuse(L, call, "a table with a key that isn't a string", allowed);
        }
        const char *key = lua_tostring(L, -1);
        const char *const *known = keys;
        while (*known != NULL && strcmp(*known, key) != 0) known++;
        if (*known == NULL) {
            refuse(L, call, lua_pushfstring(L, "a table with the key \"%s\"", key), allowed);
        }
    }
}

static uint64_t check_size(lua_State *L, const struct call *call, int index, const char *key,
                           const char *allowed) {
    int whole;
    lua_Integer size = lua_tointegerx(L, index, &whole);
    if (!whole || size < 0) {
        const char *number = luaL_tolstring(L, index, NULL);
        const char *what = "%s as %s, which must be a whole number from 0";
        refuse(L, call, lua_pushfstring(L, what, number, key), allowed);
    }
    return (uint64_t)size;
}

static int read_turn(lua_State *L, const struct call *call, exports_eco_plugin_client_turn_t *turn,
                     const char *allowed) {
    static const char *const keys[] = {"send", "exactly", "through", "to_end", NULL};
    check_keys(L, call, keys, allowed);
    int send = field(L, call, "send", LUA_TSTRING, allowed);
    int exactly = field(L, call, "exactly", LUA_TNUMBER, allowed);
    int through = field(L, call, "through", LUA_TSTRING, allowed);
    int to_end = field(L, call, "to_end", LUA_TBOOLEAN, allowed);
    int given = is_given(L, exactly) + is_given(L, through) + lua_toboolean(L, to_end);
    if (given > 1) refuse(L, call, "a table with more than one of exactly, through, to_end", allowed);
    turn->expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_NOTHING;
    if (is_given(L, exactly)) {
        turn->expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_EXACTLY;
        turn->expect.val.exactly = check_size(L, call, exactly, "exactly", allowed);
    } else if (is_given(L, through)) {
        if (lua_rawlen(L, through) == 0) refuse(L, call, "an empty string as through", allowed);
        turn->expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_THROUGH;
        turn->expect.val.through = bytes_of(L, through);
    } else if (lua_toboolean(L, to_end)) {
        turn->expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_TO_END;
    }
    turn->send = bytes_of(L, send);
    // A getter may have made them, so that nothing else holds them.
    return lua_gettop(L) - send + 1;
}

static int read_fault(lua_State *L, const struct call *call,
                       exports_eco_plugin_client_fault_t *fault) {
    static const char *const keys[] = {"wrong", "offset", NULL};
    check_keys(L, call, keys, STEP);
    int wrong = field(L, call, "wrong", LUA_TSTRING, STEP);
    int offset = field(L, call, "offset", LUA_TNUMBER, STEP);
    fault->offset.is_some = is_given(L, offset);
    if (fault->offset.is_some) fault->offset.val = check_size(L, call, offset, "offset", STEP);
    size_t length;
    const char *reason = lua_tolstring(L, wrong, &length);
    fault->reason = one_line(reason, length);
    return 0;
}

static void check_table(lua_State *L, const struct call *call, const char *allowed) {
    if (lua_isnone(L, FIRST)) refuse(L, call, "nothing", allowed);
    if (!lua_istable(L, FIRST)) refuse(L, call, type_with_article(L, FIRST), allowed);
    check_count(L, call, 1, allowed);
}

int take_turn(lua_State *L, const struct call *call) {
    exports_eco_plugin_client_turn_t *turn = call->output;
    if (lua_isnil(L, FUNCTION)) {
        *turn = (exports_eco_plugin_client_turn_t){.expect.tag = EXPORTS_ECO_PLUGIN_CLIENT_EXPECT_NOTHING};
        return 0;
    }
    check_table(L, call, TURN);
    return read_turn(L, call, turn, TURN);
}

int take_step(lua_State *L, const struct call *call) {
    exports_eco_plugin_client_step_t *step = call->output;
    if (lua_isnoneornil(L, FIRST)) {
        check_count(L, call, 1, STEP);
        step->tag = EXPORTS_ECO_PLUGIN_CLIENT_STEP_DONE;
        return 0;
    }
    check_table(L, call, STEP);
    bool wrong = lua_getfield(L, FIRST, "wrong") != LUA_TNIL;
    lua_pop(L, 1);
    if (wrong) {
        step->tag = EXPORTS_ECO_PLUGIN_CLIENT_STEP_WRONG;
        return read_fault(L, call, &step->val.wrong);
    }
    step->tag = EXPORTS_ECO_PLUGIN_CLIENT_STEP_NEXT;
    return read_turn(L, call, &step->val.next, STEP);
}
