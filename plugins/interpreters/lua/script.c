// Owns the one Lua state and the border around it: the script is evaluated and called here, and every
// error of Lua ends here as a line of text. It must not know what the functions are given or return.
#include "functions.h"
#include "interpreter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// The functions that a script may define, in Lua's spelling and in the contract's.
static const struct {
    const char *lua;
    const char *contract;
} functions[] = {
#define IN_LUA(name, contract, capitals, underscores) {underscores, contract},
    FOR_EACH_FUNCTION(IN_LUA)
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

// Instructions of Lua between two looks at whether the time is used up.
enum { INSTRUCTIONS_PER_LOOK = 10000 };

static void *allocate(void *seed, void *block, size_t old_size, size_t new_size) {
    (void)seed;
    // Of what isn't there yet, the old size says its type.
    if (block == NULL) return new_size == 0 ? NULL : memory_take(new_size);
    if (new_size != 0) return memory_resize(block, old_size, new_size);
    memory_give_back(block, old_size);
    return NULL;
}

static lua_State *state;
static bool evaluated;

// The state is made at the first call. If that fails, memory is exhausted and the program ends.
static lua_State *the_state(void) {
    if (state != NULL) return state;
    // What the allocator is told is also the seed of Lua's hashes: see `luai_makeseed` in lua.c.
    state = lua_newstate(allocate, (void *)(uintptr_t)eco_plugin_script_random());
    if (state == NULL) abort();
    lua_pushcfunction(state, open_library);
    lua_call(state, 0, 0);
    return state;
}

// Where the program begins: after a byte order mark, and after a first line that is for a shell.
static const char *skip_preamble(const char *at, const char *end) {
    if (end - at >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0) at += 3;
    if (at == end || *at != '#') return at;
    // The line break stays, so that lines are counted right.
    while (at != end && *at != '\n') at++;
    return at;
}

// Evaluates the script, once: its globals are the state of the connection.
static void evaluate(lua_State *L) {
    static bool begun;
    if (evaluated) return;
    // What it did before it failed is done, and must not be done twice.
    if (begun) luaL_error(L, "the script failed when it was evaluated");
    begun = true;
    eco_plugin_script_source_t source;
    eco_plugin_script_read(&source);
    name_script(&source.name);
    const char *end = (const char *)source.text.ptr + source.text.len;
    const char *begin = skip_preamble((const char *)source.text.ptr, end);
    int status = luaL_loadbufferx(L, begin, (size_t)(end - begin), chunk_name(), "t");
    give_back_bytes(source.name.ptr, source.name.len);
    give_back_bytes(source.text.ptr, source.text.len);
    if (status != LUA_OK) lua_error(L);
    lua_call(L, 0, 0);
    evaluated = true;
    forget_seed();
    // From here on most of what there is stays, and is not looked through again for each few chunks.
    lua_gc(L, LUA_GCGEN, 0, 0);
    eco_plugin_script_evaluated();
}

// The state once the script was evaluated, and before that nothing.
lua_State *evaluated_state(void) {
    return evaluated ? state : NULL;
}

// Pushes the script's function, or nil. A global that isn't a function is most likely a variable
// that happens to have the name.
static bool push_function(lua_State *L, const char *name) {
    int type = lua_getglobal(L, name);
    if (type != LUA_TFUNCTION && type != LUA_TNIL) {
        luaL_error(L, "the global %s is %s; that name is for a function", name,
                   type_with_article(L, -1));
    }
    return type == LUA_TFUNCTION;
}

// Everything about a call that may raise an error.
static int make_call(lua_State *L) {
    const struct call *call = lua_touserdata(L, 1);
    lua_settop(L, 0);
    int arguments = call->give(L, call);
    evaluate(L);
    phase = call->phase;
    forget_sent();
    if (call->function == TIMER) return call_timers(L, call);
    bool defined = push_function(L, call->function);
    lua_insert(L, FUNCTION);
    if (defined) {
        // The function stays below what it returns, for messages about that.
        lua_pushvalue(L, FUNCTION);
        lua_insert(L, FUNCTION);
        lua_call(L, arguments, LUA_MULTRET);
    } else {
        lua_settop(L, FUNCTION);
    }
    // What it returned may have filled the stack to its last place.
    luaL_checkstack(L, LUA_MINSTACK, "too many values returned");
    return call->take(L, call);
}

static void stop_when_spent(lua_State *L, lua_Debug *unused) {
    (void)unused;
    if (eco_plugin_script_spent()) luaL_error(L, "the time is used up");
}

static int make_list(lua_State *L) {
    script_interpreter_list_string_t *names = lua_touserdata(L, 1);
    static script_interpreter_string_t defined[FUNCTIONS];
    *names = (script_interpreter_list_string_t){.ptr = defined};
    // Only here, since a hook takes time at each instruction.
    lua_sethook(L, stop_when_spent, LUA_MASKCOUNT, INSTRUCTIONS_PER_LOOK);
    evaluate(L);
    lua_sethook(L, NULL, 0, 0);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (!push_function(L, functions[i].lua)) continue;
        script_interpreter_string_set(&defined[names->len++], functions[i].contract);
    }
    return 0;
}

// No error of Lua may leave an exported function, so that all of them are called through this. What
// the last call returned is read, and goes now; what this one returns stays on the stack.
static bool run(lua_CFunction body, const void *argument, script_interpreter_string_t *error) {
    lua_State *L = the_state();
    collect_seldom(L);
    lua_settop(L, 0);
    lua_pushcfunction(L, explain_error);
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, (void *)argument);
    bool fine = lua_pcall(L, 1, LUA_MULTRET, 1) == LUA_OK;
    if (!fine) *error = error_line(L);
    return fine;
}

// Calls a function of the script. A function that isn't defined is not called, and returns nothing.
bool call_script(const struct call *call, script_interpreter_string_t *error) {
    return run(make_call, call, error);
}

// Lists the functions that the script defines, in the contract's spelling.
bool list_functions(script_interpreter_list_string_t *names, script_interpreter_string_t *error) {
    return run(make_list, names, error);
}
