// Binds the import topics: subscribe, unsubscribe, publish.
#include "interpreter.h"

void push_member(lua_State *L, const eco_plugin_topics_member_t *member) {
    lua_createtable(L, 0, 2);
    push_bytes(L, member->id.ptr, member->id.len);
    lua_setfield(L, -2, "id");
    push_bytes(L, member->label.ptr, member->label.len);
    lua_setfield(L, -2, "label");
}

// What the host has handed over and Lua hasn't seen yet must not be collected: so nothing is.
static int subscribe(lua_State *L) {
    check_phase(L, "subscribe");
    script_interpreter_string_t topic = check_text(L, 1), label = {NULL, 0};
    if (!lua_isnoneornil(L, 2)) label = check_text(L, 2);
    eco_plugin_topics_list_member_t members;
    eco_plugin_topics_problem_t problem;
    lua_gc(L, LUA_GCSTOP);
    if (!eco_plugin_topics_subscribe(&topic, &label, &members, &problem)) {
        lua_gc(L, LUA_GCRESTART);
        return raise_problem(L, "subscribe", problem.tag, &problem.val.unavailable);
    }
    lua_createtable(L, (int)members.len, 0);
    for (size_t i = 0; i < members.len; i++) {
        push_member(L, &members.ptr[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    give_back_list(members.ptr, members.len * sizeof *members.ptr);
    lua_gc(L, LUA_GCRESTART);
    return 1;
}

static int unsubscribe(lua_State *L) {
    check_phase(L, "unsubscribe");
    script_interpreter_string_t topic = check_text(L, 1);
    eco_plugin_topics_unsubscribe(&topic);
    return 0;
}

static int publish(lua_State *L) {
    check_phase(L, "publish");
    script_interpreter_string_t topic = check_text(L, 1);
    script_interpreter_list_u8_t data = check_bytes(L, 2);
    eco_plugin_topics_problem_t problem;
    if (eco_plugin_topics_publish(&topic, &data, &problem)) return 0;
    return raise_problem(L, "publish", problem.tag, &problem.val.unavailable);
}

void open_topics(lua_State *L) {
    static const luaL_Reg globals[] = {
        {"subscribe", subscribe}, {"unsubscribe", unsubscribe}, {"publish", publish}, {NULL, NULL},
    };
    lua_pushglobaltable(L);
    luaL_setfuncs(L, globals, 0);
    lua_pop(L, 1);
}
