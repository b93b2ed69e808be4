// Owns how Lua is compiled: its own sources as one file, so that the compiler sees all of it at once,
// without what needs a system. It must not know of eco.
#define LUA_CORE
#define LUA_LIB
#define lvm_c
#define ltable_c
#include "lua_limits.h"

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
