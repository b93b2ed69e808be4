// Owns what a script finds in its globals: Lua's standard library, without what would reach beyond the
// sandbox, with the log and chance of the contract, and with Lines. It must not know of connections.
#include "interpreter.h"

// print: the values' texts, with a tab between them, as a line of the log.
static int print(lua_State *L) {
    int count = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1) luaL_addchar(&line, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_pushresult(&line);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    write_log(ECO_PLUGIN_LOG_LEVEL_INFO, text, length);
    return 0;
}

// warn: the strings in one, as a warning in the log.
static int warn(lua_State *L) {
    luaL_checkstring(L, 1);
    for (int i = 2; i <= lua_gettop(L); i++) luaL_checkstring(L, i);
    lua_concat(L, lua_gettop(L));
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    write_log(ECO_PLUGIN_LOG_LEVEL_WARN, text, length);
    return 0;
}

// load, but of text only: precompiled code isn't checked by Lua and can break the interpreter.
static int load_text(lua_State *L) {
    if (lua_gettop(L) < 3) lua_settop(L, 3);
    lua_pushliteral(L, "t");
    lua_replace(L, 3);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

// Whether math.random has a seed: one that nobody can guess, from its first use on, or the script's own.
static enum { UNSEEDED, SEEDED_RANDOMLY, SEEDED_BY_SCRIPT } seed;

// math.randomseed, which without arguments takes a seed that nobody can guess.
static int seed_generator(lua_State *L) {
    seed = SEEDED_BY_SCRIPT;
    if (lua_gettop(L) == 0) {
        seed = SEEDED_RANDOMLY;
        lua_pushinteger(L, (lua_Integer)eco_plugin_script_random());
        lua_pushinteger(L, (lua_Integer)eco_plugin_script_random());
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

// math.random: its upvalues are the state of Lua's generator, and math.randomseed.
static int draw(lua_State *L) {
    if (seed == UNSEEDED) {
        lua_pushvalue(L, lua_upvalueindex(2));
        lua_call(L, 0, 0);
    }
    return draw_random(L);
}

// What a random seed was good for ends here: other instances may start from this one, as it is now.
void forget_seed(void) {
    if (seed == SEEDED_RANDOMLY) seed = UNSEEDED;
}

static const char lines_text[] = {
#embed "lines.lua"
};

// Lines: its upvalue is the function that lines.lua evaluates to, once a script has called for it.
static int make_lines(lua_State *L) {
    if (lua_isnil(L, lua_upvalueindex(1))) {
        if (luaL_loadbufferx(L, lines_text, sizeof lines_text, "=Lines", "t") != LUA_OK) lua_error(L);
        lua_call(L, 0, 1);
        lua_replace(L, lua_upvalueindex(1));
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_call(L, 0, 1);
    return 1;
}

// Replaces a function of the table on the top by one that has the old one as its upvalue.
static void wrap(lua_State *L, const char *name, lua_CFunction wrapper) {
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, wrapper, 1);
    lua_setfield(L, -2, name);
}

static void remove_function(lua_State *L, const char *name) {
    lua_pushnil(L);
    lua_setfield(L, -2, name);
}

int open_library(lua_State *L) {
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},          {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table},    {LUA_STRLIBNAME, luaopen_string},
        {LUA_UTF8LIBNAME, luaopen_utf8},    {LUA_MATHLIBNAME, luaopen_math},
    };
    static const luaL_Reg replaced[] = {{"print", print}, {"warn", warn}, {NULL, NULL}};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    lua_getglobal(L, LUA_MATHLIBNAME);
    wrap(L, "randomseed", seed_generator);
    lua_getfield(L, -1, "random");
    lua_getupvalue(L, -1, 1);
    lua_getfield(L, -3, "randomseed");
    lua_pushcclosure(L, draw, 2);
    lua_setfield(L, -3, "random");
    lua_pop(L, 1);
    lua_getglobal(L, LUA_STRLIBNAME);
    remove_function(L, "dump");
    lua_pushglobaltable(L);
    luaL_setfuncs(L, replaced, 0);
    wrap(L, "load", load_text);
    remove_function(L, "dofile");
    remove_function(L, "loadfile");
    lua_pushnil(L);
    lua_pushcclosure(L, make_lines, 1);
    lua_setfield(L, -2, "Lines");
    lua_pop(L, 1);
    open_topics(L);
    open_store(L);
    open_timers(L);
    open_peer(L);
    open_sent(L);
    open_host_imports(L);
    lua_setwarnf(L, write_warning, NULL);
    return 0;
}
