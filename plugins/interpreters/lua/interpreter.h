// What the files of the interpreter tell each other. Each function is explained where it is written.
#ifndef INTERPRETER_H
#define INTERPRETER_H

#include "lua_limits.h"

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"
#include "memory.h"
#include "script_interpreter.h"

// What the script is being called for.
enum phase { TOP_LEVEL, SERVING, CLOSING, CLIENT };

// One call of a function of the script: what it is given, and where its answer goes.
struct call {
    // In Lua's spelling, or TIMER: those that are due.
    const char *function;
    // Pushes the arguments, and says how many. It comes first of all: see `push_bytes`.
    int (*give)(lua_State *L, const struct call *call);
    const void *input;
    // Unless timers are called: turns what was returned into what the contract wants, and says how many values on the top have
    // the bytes of that: they stay until the next call. The stack holds the function (or nil, if the
    // script doesn't define it) and then the values that it returned; see FUNCTION and FIRST.
    int (*take)(lua_State *L, const struct call *call);
    void *output;
    // What the script may use meanwhile.
    enum phase phase;
};

enum { FUNCTION = 1, FIRST = 2, SECOND = 3 };

// lua.c
bool is_short(size_t length);
char *make_room(lua_State *L, size_t length);
void push_room(lua_State *L, const char *room);
void collect_seldom(lua_State *L);

// script.c
lua_State *evaluated_state(void);
bool call_script(const struct call *call, script_interpreter_string_t *error);
bool list_functions(script_interpreter_list_string_t *names, script_interpreter_string_t *error);

// bytes.c
void give_back_bytes(const uint8_t *bytes, size_t length);
void give_back_list(const void *list, size_t size);
void push_bytes(lua_State *L, const uint8_t *bytes, size_t length);

// values.c
int take_nothing(lua_State *L, const struct call *call);
int take_reply(lua_State *L, const struct call *call);
exports_eco_plugin_session_next_t check_reply(lua_State *L, const struct call *call);
int take_sent(lua_State *L, const struct call *call);
int take_turn(lua_State *L, const struct call *call);
int take_step(lua_State *L, const struct call *call);

// messages.c
void name_script(const script_interpreter_string_t *name);
const char *chunk_name(void);
void write_log(eco_plugin_log_level_t level, const char *bytes, size_t length);
void write_warning(void *unused, const char *piece, int more);
const char *type_with_article(lua_State *L, int index);
int explain_error(lua_State *L);
bool is_utf8(const unsigned char *text, size_t length);
script_interpreter_string_t one_line(const char *bytes, size_t length);
script_interpreter_string_t error_line(lua_State *L);

// lua.c
int draw_random(lua_State *L);

// phase.c
extern enum phase phase;
void check_phase(lua_State *L, const char *name);
void check_call(lua_State *L, const char *name);

// problem.c
int raise_table(lua_State *L);
int raise_problem(lua_State *L, const char *name, uint8_t tag, script_interpreter_string_t *why);

// arguments.c
script_interpreter_string_t check_text(lua_State *L, int index);
script_interpreter_list_u8_t check_bytes(lua_State *L, int index);
uint64_t check_nanoseconds(lua_State *L, int index);

// topics.c
void push_member(lua_State *L, const eco_plugin_topics_member_t *member);
void open_topics(lua_State *L);

// store.c
void open_store(lua_State *L);

// timers.c
extern const char TIMER[];
int call_timers(lua_State *L, const struct call *call);
void open_timers(lua_State *L);

// peer.c
void open_peer(lua_State *L);

// sent.c
void add_sent(lua_State *L, const char *bytes, size_t size);
void forget_sent(void);
void push_sent(lua_State *L);
void open_sent(lua_State *L);

// parts.c
struct parts {
    eco_plugin_script_part_t *first;
    size_t count;
    // Of all that there is memory for: the parts, names of fields, and letters of these.
    size_t size;
};
struct parts take_parts(lua_State *L, const char *name, int count);
void push_parts(lua_State *L, const eco_plugin_script_list_part_t *parts);
void spell_in_lua(const script_interpreter_string_t *name);

// host_imports.c
void open_host_imports(lua_State *L);

// library.c
int open_library(lua_State *L);
void forget_seed(void);

#endif
