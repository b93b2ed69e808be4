// Binds the import timer: after, every, cancel. The host has one timer for each connection, which is set for the
// next one here. It must not know of topics or the store.
#include "interpreter.h"

#include <stdlib.h>

struct timer {
    lua_Integer id;
    // Nanoseconds of the clock that only goes forward, as the host says them: as numbers of Lua they would not be
    // exact.
    uint64_t due;
    // Counts each time that one is set. Of those that are due at the same time the first goes first.
    uint64_t order;
    // From one time to the next; 0 where it comes once.
    uint64_t period;
    // Where the registry has its function with the arguments, as a table.
    int work;
};

// What messages call the function of a timer.
const char TIMER[] = "a timer's function";

static struct timer *timers;
static size_t length, room;
static lua_Integer last_id;
static uint64_t last_order;

enum { MILLISECOND = 1000000 };

static bool is_before(const struct timer *one, const struct timer *other) {
    return one->due == other->due ? one->order < other->order : one->due < other->due;
}

static struct timer *next_timer(void) {
    struct timer *next = NULL;
    for (size_t i = 0; i < length; i++)
        if (next == NULL || is_before(&timers[i], next)) next = &timers[i];
    return next;
}

static void set_host(void) {
    const struct timer *next = next_timer();
    if (next == NULL) {
        eco_plugin_timer_set(NULL);
        return;
    }
    uint64_t now = eco_plugin_script_elapsed();
    uint64_t after = next->due > now ? (next->due - now + MILLISECOND - 1) / MILLISECOND : 0;
    eco_plugin_timer_set(&after);
}

static void drop_timer(lua_State *L, struct timer *timer) {
    luaL_unref(L, LUA_REGISTRYINDEX, timer->work);
    *timer = timers[--length];
}

static int add_timer(lua_State *L, const char *name, bool repeats) {
    check_phase(L, name);
    uint64_t wait = check_nanoseconds(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (length == room) {
        size_t more = room == 0 ? 4 : 2 * room;
        size_t old = room * sizeof *timers, size = more * sizeof *timers;
        struct timer *grown = room == 0 ? memory_take(size) : memory_resize(timers, old, size);
        if (grown == NULL) return luaL_error(L, "not enough memory");
        timers = grown;
        room = more;
    }
    int values = lua_gettop(L) - 1;
    lua_createtable(L, values, 0);
    for (int i = 0; i < values; i++) {
        lua_pushvalue(L, i + 2);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushinteger(L, values);
    lua_setfield(L, -2, "n");
    int work = luaL_ref(L, LUA_REGISTRYINDEX);
    // A millisecond is the least.
    if (wait < MILLISECOND) wait = MILLISECOND;
    uint64_t due = eco_plugin_script_elapsed() + wait;
    timers[length++] = (struct timer){++last_id, due, ++last_order, repeats ? wait : 0, work};
    set_host();
    lua_pushinteger(L, last_id);
    return 1;
}

static int call_after(lua_State *L) {
    return add_timer(L, "after", false);
}

static int call_every(lua_State *L) {
    return add_timer(L, "every", true);
}

static int cancel(lua_State *L) {
    lua_Integer id = luaL_optinteger(L, 1, 0);
    for (size_t i = 0; i < length; i++) {
        if (timers[i].id != id) continue;
        drop_timer(L, &timers[i]);
        set_host();
        break;
    }
    return 0;
}

// Calls one that is due, with nothing else on the stack, where its function stays below what it returns. It may set
// and cancel any, also itself.
static void call_due(lua_State *L, struct timer *due) {
    lua_settop(L, 0);
    lua_rawgeti(L, LUA_REGISTRYINDEX, due->work);
    lua_getfield(L, 1, "n");
    int values = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    luaL_checkstack(L, values + LUA_MINSTACK, "too many arguments");
    lua_rawgeti(L, 1, 1);
    for (int i = 1; i <= values; i++) lua_rawgeti(L, 1, i);
    lua_remove(L, 1);
    if (due->period == 0) {
        drop_timer(L, due);
    } else {
        uint64_t now = eco_plugin_script_elapsed();
        due->order = ++last_order;
        due->due += due->period;
        if (due->due < now) due->due = now;
    }
    lua_call(L, values - 1, LUA_MULTRET);
    luaL_checkstack(L, LUA_MINSTACK, "too many values returned");
}

// Calls what is due. What a function returns is a reply, as of any other; after the last word nothing more is said.
int call_timers(lua_State *L, const struct call *call) {
    exports_eco_plugin_session_reply_t *reply = call->output;
    *reply = (exports_eco_plugin_session_reply_t){.next = EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN};
    // What becomes due meanwhile has its turn the next time, so that this comes to an end.
    uint64_t until = eco_plugin_script_elapsed(), known = last_order;
    struct timer *next;
    while (reply->next == EXPORTS_ECO_PLUGIN_SESSION_NEXT_KEEP_OPEN && (next = next_timer()) != NULL &&
           next->due <= until && next->order <= known) {
        call_due(L, next);
        reply->next = check_reply(L, call);
        size_t size;
        const char *bytes = lua_tolstring(L, FIRST, &size);
        if (bytes != NULL) add_sent(L, bytes, size);
    }
    set_host();
    lua_settop(L, FUNCTION);
    return take_sent(L, call);
}

void open_timers(lua_State *L) {
    static const luaL_Reg globals[] = {
        {"after", call_after}, {"every", call_every}, {"cancel", cancel}, {NULL, NULL},
    };
    lua_pushglobaltable(L);
    luaL_setfuncs(L, globals, 0);
    lua_pop(L, 1);
}
