// Binds the imports of the program that embeds eco: a table for each, under the name that the program gives it. It must
// not know what their functions do.
#include "interpreter.h"

// What each function has with it.
enum { NAME = 1, IMPORT, FUNCTION_PLACE, PARAMETERS, UPVALUES = PARAMETERS };

// Raises a table with the error of the function's, as its payload, and a message.
static int raise_failed(lua_State *L, const char *name, const eco_plugin_script_list_part_t *parts) {
    push_parts(L, parts);
    lua_createtable(L, 0, 2);
    lua_insert(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "payload");
    if (lua_type(L, -1) != LUA_TSTRING) {
        lua_pop(L, 1);
        lua_pushfstring(L, "%s failed", name);
    }
    return raise_table(L);
}

static int raise_refused(lua_State *L, const char *name, const script_interpreter_string_t *why) {
    push_bytes(L, why->ptr, why->len);
    return luaL_error(L, "%s: %s", name, lua_tostring(L, -1));
}

static uint32_t upvalue(lua_State *L, int which) {
    return (uint32_t)lua_tointeger(L, lua_upvalueindex(which));
}

// As with any function, arguments that are missing are nil, and those that are too many are left off.
static int call(lua_State *L) {
    const char *name = lua_tostring(L, lua_upvalueindex(NAME));
    check_call(L, name);
    int count = (int)upvalue(L, PARAMETERS);
    luaL_checkstack(L, count, "too many arguments");
    lua_settop(L, count);
    struct parts parts = take_parts(L, name, count);
    eco_plugin_script_list_part_t arguments = {parts.first, parts.count}, result;
    eco_plugin_script_host_failure_t failure;
    bool done = eco_plugin_script_call_host(upvalue(L, IMPORT), upvalue(L, FUNCTION_PLACE), &arguments, &result, &failure);
    if (parts.size > 0) memory_give_back(parts.first, parts.size);
    if (!done && failure.tag == ECO_PLUGIN_SCRIPT_HOST_FAILURE_FAILED)
        return raise_failed(L, name, &failure.val.failed);
    if (!done) return raise_refused(L, name, &failure.val.refused);
    push_parts(L, &result);
    return 1;
}

// Puts a function into the table on the top, whose name lies below it.
static void add_function(lua_State *L, size_t import, const eco_plugin_script_host_function_t *function, size_t place) {
    spell_in_lua(&function->name);
    push_bytes(L, function->name.ptr, function->name.len);
    lua_pushfstring(L, "%s.%s", lua_tostring(L, -3), lua_tostring(L, -1));
    lua_pushinteger(L, (lua_Integer)import);
    lua_pushinteger(L, (lua_Integer)place);
    lua_pushinteger(L, (lua_Integer)function->parameters);
    lua_pushcclosure(L, call, UPVALUES);
    lua_rawset(L, -3);
}

// A name that is there already means the embedding program's import from now on.
void open_host_imports(lua_State *L) {
    eco_plugin_script_list_host_import_t imports;
    eco_plugin_script_host_imports(&imports);
    for (size_t i = 0; i < imports.len; i++) {
        const eco_plugin_script_host_import_t *import = &imports.ptr[i];
        spell_in_lua(&import->name);
        push_bytes(L, import->name.ptr, import->name.len);
        lua_createtable(L, 0, (int)import->functions.len);
        for (size_t j = 0; j < import->functions.len; j++) add_function(L, i, &import->functions.ptr[j], j);
        give_back_list(import->functions.ptr, import->functions.len * sizeof *import->functions.ptr);
        lua_setglobal(L, lua_tostring(L, -2));
        lua_pop(L, 1);
    }
    give_back_list(imports.ptr, imports.len * sizeof *imports.ptr);
}
