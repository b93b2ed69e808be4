// Owns how Lua is compiled: its own sources as one file, so that the compiler sees all of it at once,
// without what needs a system. It must not know of eco.
#define LUA_CORE
#define LUA_LIB
#define lvm_c
#define ltable_c
#include "lua_limits.h"

#include <stdbool.h>

// Nothing but the API is visible from outside of this file.
#undef LUAI_FUNC
#undef LUAI_DDEC
#undef LUAI_DDEF
#define LUAI_FUNC static
#define LUAI_DDEC(definition)
#define LUAI_DDEF static

// There are no signals; what they would set may be of any type.
#define l_signalT int
// The seed of the hashes is what lua_newstate is told.
#define luai_makeseed(L) ((unsigned int)(size_t)G(L)->ud)
// There is no terminal. `print` is replaced.
#define lua_writestring(string, length) ((void)0)
#define lua_writeline() ((void)0)
#define lua_writestringerror(format, value) ((void)0)

#include "lprefix.h"

// These have tables that the others use.
#include "lctype.c"
#include "lopcodes.c"
#include "ltm.c"

#include "lapi.c"
#include "lcode.c"
#include "ldebug.c"
#include "ldo.c"
#include "ldump.c"
#include "lfunc.c"
#include "lgc.c"
#include "llex.c"
#include "lmem.c"
#include "lobject.c"
#include "lparser.c"
#include "lstate.c"
#include "lstring.c"
#include "ltable.c"
#include "lundump.c"
#include "lvm.c"
#include "lzio.c"

#include "lauxlib.c"

// The base library without files: with them, a dozen imports of WASI would come into the component.
#define luaL_loadfilex(L, name, mode) luaL_error(L, "there are no files here")
#include "lbaselib.c"

#include "lcorolib.c"
#include "lmathlib.c"
#include "lstrlib.c"
#include "ltablib.c"
#include "lutf8lib.c"

// Lua's own math.random.
int draw_random(lua_State *L) {
    return math_random(L);
}

// Doors that the API doesn't have, for strings whose bytes somebody else writes in place. Lua finds
// short strings by what is in them, so that those can't be made before that is there.
_Static_assert(offsetof(TString, contents) == HEADER, "the bytes of a long string lie where a copy is fast");

bool is_short(size_t length) {
    return length <= LUAI_MAXSHORTLEN;
}

char *make_room(lua_State *L, size_t length) {
    return getlngstr(luaS_createlngstrobj(L, length));
}

void push_room(lua_State *L, const char *room) {
    TString *string = (TString *)(room - offsetof(TString, contents));
    setsvalue2s(L, L->top.p, string);
    api_incr_top(L);
    luaC_checkGC(L);
}

// In generational mode, the collector looks through everything once that has doubled. A small script
// has less than a chunk or two, so that each would count as that; the old ones go without.
enum { LEAST_TO_DOUBLE = 128 * 1024 };

void collect_seldom(lua_State *L) {
    global_State *g = G(L);
    if (g->gckind == KGC_GEN && g->GCestimate < LEAST_TO_DOUBLE) g->GCestimate = LEAST_TO_DOUBLE;
}
