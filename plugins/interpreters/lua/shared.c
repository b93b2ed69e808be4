// Owns what connections share, and time, as scripts have them: subscribe, publish, send, store, after. What
// can't be done is an error with a code. It must not know what events are given to whom.
#include "interpreter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum phase phase;

// What asks for a page of keys. The host gives no more at a time.
enum { PAGE = 1000 };

void check_phase(lua_State *L, const char *name) {
    if (phase == TOP_LEVEL)
        luaL_error(L, "%s can't be called at the top level, which runs once for all connections", name);
    if (phase == CLIENT) luaL_error(L, "%s is for plugins that serve, and this is a client", name);
}

static int problem_text(lua_State *L) {
    lua_getfield(L, 1, "message");
    return 1;
}

// Raises a table with a code and a message, which is its text too.
static int raise_problem(lua_State *L, const char *name, uint8_t tag, script_interpreter_string_t *why) {
    static const char *const codes[] = {"unavailable", "too-large", "too-many", "not-a-number"};
    static const char *const texts[] = {
        "", "too large (the log names the limit)", "too many (the log names the limit)", "not a number",
    };
    lua_createtable(L, 0, 2);
    lua_pushstring(L, codes[tag]);
    lua_setfield(L, -2, "code");
    luaL_where(L, 1);
    if (tag == ECO_PLUGIN_STORE_PROBLEM_UNAVAILABLE) {
        push_bytes(L, why->ptr, why->len);
        lua_pushfstring(L, "%s: %s", name, lua_tostring(L, -1));
        lua_remove(L, -2);
    } else {
        lua_pushfstring(L, "%s: %s", name, texts[tag]);
    }
    lua_concat(L, 2);
    lua_setfield(L, -2, "message");
    if (luaL_newmetatable(L, "eco.problem")) {
        lua_pushcfunction(L, problem_text);
        lua_setfield(L, -2, "__tostring");
    }
    lua_setmetatable(L, -2);
    return lua_error(L);
}

static script_interpreter_string_t text_of(lua_State *L, int index) {
    script_interpreter_string_t text;
    text.ptr = (uint8_t *)luaL_checklstring(L, index, &text.len);
    // The contract's strings are Unicode.
    if (!is_utf8(text.ptr, text.len)) luaL_argerror(L, index, "a text in UTF-8 is wanted");
    return text;
}

static script_interpreter_list_u8_t data_of(lua_State *L, int index) {
    script_interpreter_list_u8_t bytes;
    bytes.ptr = (uint8_t *)luaL_checklstring(L, index, &bytes.len);
    return bytes;
}

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
    script_interpreter_string_t topic = text_of(L, 1), label = {NULL, 0};
    if (!lua_isnoneornil(L, 2)) label = text_of(L, 2);
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
    script_interpreter_string_t topic = text_of(L, 1);
    eco_plugin_topics_unsubscribe(&topic);
    return 0;
}

static int publish(lua_State *L) {
    check_phase(L, "publish");
    script_interpreter_string_t topic = text_of(L, 1);
    script_interpreter_list_u8_t data = data_of(L, 2);
    eco_plugin_topics_problem_t problem;
    if (eco_plugin_topics_publish(&topic, &data, &problem)) return 0;
    return raise_problem(L, "publish", problem.tag, &problem.val.unavailable);
}

static int store_get(lua_State *L) {
    check_phase(L, "store.get");
    script_interpreter_string_t key = text_of(L, 1);
    script_interpreter_option_list_u8_t value;
    eco_plugin_store_problem_t problem;
    if (!eco_plugin_store_get(&key, &value, &problem))
        return raise_problem(L, "store.get", problem.tag, &problem.val.unavailable);
    if (value.is_some) push_bytes(L, value.val.ptr, value.val.len);
    else lua_pushnil(L);
    return 1;
}

// Seconds as nanoseconds. What is beyond three centuries is as good as for ever.
uint64_t check_nanoseconds(lua_State *L, int index) {
    lua_Number seconds = luaL_checknumber(L, index);
    if (!(seconds >= 0)) luaL_argerror(L, index, "seconds are 0 or more");
    return (uint64_t)round(fmin(seconds, 9e9) * 1e9);
}

static int store_set(lua_State *L) {
    check_phase(L, "store.set");
    script_interpreter_string_t key = text_of(L, 1);
    script_interpreter_list_u8_t value = data_of(L, 2);
    bool given = !lua_isnoneornil(L, 3);
    uint64_t ttl = given ? (check_nanoseconds(L, 3) + 999999) / 1000000 : 0;
    eco_plugin_store_problem_t problem;
    if (eco_plugin_store_set(&key, &value, given ? &ttl : NULL, &problem)) return 0;
    return raise_problem(L, "store.set", problem.tag, &problem.val.unavailable);
}

static int store_compare_and_set(lua_State *L) {
    static const char name[] = "store.compare_and_set";
    check_phase(L, name);
    script_interpreter_string_t key = text_of(L, 1);
    script_interpreter_list_u8_t expected, new;
    bool has_expected = !lua_isnoneornil(L, 2), has_new = !lua_isnoneornil(L, 3), had;
    if (has_expected) expected = data_of(L, 2);
    if (has_new) new = data_of(L, 3);
    eco_plugin_store_problem_t problem;
    if (!eco_plugin_store_compare_and_set(&key, has_expected ? &expected : NULL, has_new ? &new : NULL, &had,
                                          &problem))
        return raise_problem(L, name, problem.tag, &problem.val.unavailable);
    lua_pushboolean(L, had);
    return 1;
}

static int store_add(lua_State *L) {
    check_phase(L, "store.add");
    script_interpreter_string_t key = text_of(L, 1);
    int64_t sum;
    eco_plugin_store_problem_t problem;
    if (!eco_plugin_store_add(&key, luaL_optinteger(L, 2, 1), &sum, &problem))
        return raise_problem(L, "store.add", problem.tag, &problem.val.unavailable);
    lua_pushinteger(L, sum);
    return 1;
}

static int store_delete(lua_State *L) {
    check_phase(L, "store.delete");
    script_interpreter_string_t key = text_of(L, 1);
    bool had;
    eco_plugin_store_problem_t problem;
    if (!eco_plugin_store_delete(&key, &had, &problem))
        return raise_problem(L, "store.delete", problem.tag, &problem.val.unavailable);
    lua_pushboolean(L, had);
    return 1;
}

// A list of all keys that begin with the prefix.
static int store_keys(lua_State *L) {
    check_phase(L, "store.keys");
    script_interpreter_string_t prefix = {NULL, 0}, more;
    if (!lua_isnoneornil(L, 1)) prefix = text_of(L, 1);
    lua_settop(L, 1);
    lua_newtable(L);
    lua_Integer length = 0;
    for (bool has_more = false;;) {
        eco_plugin_store_page_t page;
        eco_plugin_store_problem_t problem;
        lua_gc(L, LUA_GCSTOP);
        bool done = eco_plugin_store_keys(&prefix, has_more ? &more : NULL, PAGE, &page, &problem);
        if (!done) {
            lua_gc(L, LUA_GCRESTART);
            return raise_problem(L, "store.keys", problem.tag, &problem.val.unavailable);
        }
        for (size_t i = 0; i < page.keys.len; i++) {
            push_bytes(L, page.keys.ptr[i].ptr, page.keys.ptr[i].len);
            lua_rawseti(L, 2, ++length);
        }
        give_back_list(page.keys.ptr, page.keys.len * sizeof *page.keys.ptr);
        lua_settop(L, 2);
        has_more = page.more.is_some;
        if (has_more) {
            push_bytes(L, page.more.val.ptr, page.more.val.len);
            more.ptr = (uint8_t *)lua_tolstring(L, 3, &more.len);
        }
        lua_gc(L, LUA_GCRESTART);
        if (!has_more) return 1;
    }
}

void open_shared(lua_State *L) {
    static const luaL_Reg globals[] = {
        {"subscribe", subscribe}, {"unsubscribe", unsubscribe}, {"publish", publish},
        {"send", send_bytes},     {"after", call_after},        {"every", call_every},
        {"cancel", cancel},       {NULL, NULL},
    };
    static const luaL_Reg store[] = {
        {"get", store_get}, {"set", store_set},       {"compare_and_set", store_compare_and_set},
        {"add", store_add}, {"delete", store_delete}, {"keys", store_keys},
        {NULL, NULL},
    };
    lua_pushglobaltable(L);
    luaL_setfuncs(L, globals, 0);
    luaL_newlib(L, store);
    lua_setfield(L, -2, "store");
    lua_pop(L, 1);
}
