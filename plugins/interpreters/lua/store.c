// Binds the import store: get, set, compare_and_set, add, delete and keys of the table store.
#include "interpreter.h"

// What asks for a page of keys. The host gives no more at a time.
enum { PAGE = 1000 };

static int store_get(lua_State *L) {
    check_phase(L, "store.get");
    script_interpreter_string_t key = check_text(L, 1);
    script_interpreter_option_list_u8_t value;
    eco_plugin_store_problem_t problem;
    if (!eco_plugin_store_get(&key, &value, &problem))
        return raise_problem(L, "store.get", problem.tag, &problem.val.unavailable);
    if (value.is_some) push_bytes(L, value.val.ptr, value.val.len);
    else lua_pushnil(L);
    return 1;
}

static int store_set(lua_State *L) {
    check_phase(L, "store.set");
    script_interpreter_string_t key = check_text(L, 1);
    script_interpreter_list_u8_t value = check_bytes(L, 2);
    bool given = !lua_isnoneornil(L, 3);
    uint64_t ttl = given ? (check_nanoseconds(L, 3) + 999999) / 1000000 : 0;
    eco_plugin_store_problem_t problem;
    if (eco_plugin_store_set(&key, &value, given ? &ttl : NULL, &problem)) return 0;
    return raise_problem(L, "store.set", problem.tag, &problem.val.unavailable);
}

static int store_compare_and_set(lua_State *L) {
    static const char name[] = "store.compare_and_set";
    check_phase(L, name);
    script_interpreter_string_t key = check_text(L, 1);
    script_interpreter_list_u8_t expected, new;
    bool has_expected = !lua_isnoneornil(L, 2), has_new = !lua_isnoneornil(L, 3), had;
    if (has_expected) expected = check_bytes(L, 2);
    if (has_new) new = check_bytes(L, 3);
    eco_plugin_store_problem_t problem;
    if (!eco_plugin_store_compare_and_set(&key, has_expected ? &expected : NULL, has_new ? &new : NULL, &had,
                                          &problem))
        return raise_problem(L, name, problem.tag, &problem.val.unavailable);
    lua_pushboolean(L, had);
    return 1;
}

static int store_add(lua_State *L) {
    check_phase(L, "store.add");
    script_interpreter_string_t key = check_text(L, 1);
    int64_t sum;
    eco_plugin_store_problem_t problem;
    if (!eco_plugin_store_add(&key, luaL_optinteger(L, 2, 1), &sum, &problem))
        return raise_problem(L, "store.add", problem.tag, &problem.val.unavailable);
    lua_pushinteger(L, sum);
    return 1;
}

static int store_delete(lua_State *L) {
    check_phase(L, "store.delete");
    script_interpreter_string_t key = check_text(L, 1);
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
    if (!lua_isnoneornil(L, 1)) prefix = check_text(L, 1);
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

void open_store(lua_State *L) {
    static const luaL_Reg store[] = {
        {"get", store_get}, {"set", store_set},       {"compare_and_set", store_compare_and_set},
        {"add", store_add}, {"delete", store_delete}, {"keys", store_keys},
        {NULL, NULL},
    };
    luaL_newlib(L, store);
    lua_setglobal(L, "store");
}
