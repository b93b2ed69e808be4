// Owns what the script is being called for, and refuses what it may not use then.
#include "interpreter.h"

enum phase phase;

// For what clients may use too.
void check_call(lua_State *L, const char *name) {
    if (phase == TOP_LEVEL)
        luaL_error(L, "%s can't be called at the top level, which runs once for all connections", name);
}

void check_phase(lua_State *L, const char *name) {
    check_call(L, name);
    if (phase == CLIENT) luaL_error(L, "%s is for plugins that serve, and this is a client", name);
}
