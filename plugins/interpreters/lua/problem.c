// Raises the problems of the host's imports, as errors with a code. It must not know which import has one.
#include "interpreter.h"

static int problem_text(lua_State *L) {
    lua_getfield(L, 1, "message");
    return 1;
}

// Raises the table on the stack, below its message, which is its text too. The place goes before that.
int raise_table(lua_State *L) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
    lua_setfield(L, -2, "message");
    if (luaL_newmetatable(L, "eco.problem")) {
        lua_pushcfunction(L, problem_text);
        lua_setfield(L, -2, "__tostring");
    }
    lua_setmetatable(L, -2);
    return lua_error(L);
}

// Raises a table with a code and a message.
int raise_problem(lua_State *L, const char *name, uint8_t tag, script_interpreter_string_t *why) {
    static const char *const codes[] = {"unavailable", "too-large", "too-many", "not-a-number"};
    static const char *const texts[] = {
        "", "too large (the log names the limit)", "too many (the log names the limit)", "not a number",
    };
    // First of all, since the collector doesn't know of the host's text yet.
    if (tag == ECO_PLUGIN_STORE_PROBLEM_UNAVAILABLE) push_bytes(L, why->ptr, why->len);
    else lua_pushstring(L, texts[tag]);
    lua_createtable(L, 0, 2);
    lua_pushstring(L, codes[tag]);
    lua_setfield(L, -2, "code");
    lua_pushfstring(L, "%s: %s", name, lua_tostring(L, -2));
    return raise_table(L);
}
