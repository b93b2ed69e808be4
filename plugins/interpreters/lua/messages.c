// Owns every text that leaves the interpreter: lines of the log, and errors as one line each. Strings
// of Lua hold any bytes, while the contract's hold UTF-8, so that all of them are put right here. It
// must not know what is called, or what may be returned.
#include "interpreter.h"

#include <stdlib.h>
#include <string.h>

// The log cuts its lines long before this, and no sane message is longer.
enum { LONGEST = 1024, FRAMES_SHOWN = 5, FRAMES_SEARCHED = 50 };

// It has a value so that it lies apart from what each call writes: see in_strings.
static struct {
    char bytes[LONGEST + 8];
    size_t length;
} text = {.bytes = "?"};

// "@upper.lua": the sign tells Lua that a file's name follows.
static char chunk[LUA_IDSIZE] = "@script";

// The name must be in messages exactly as it is here. Lua would cut a long one, so it is cut first.
void name_script(const script_interpreter_string_t *name) {
    size_t length = name->len, most = sizeof chunk - 2;
    const char *from = (const char *)name->ptr;
    if (length > most) {
        from += length - most;
        length = most;
    }
    memcpy(chunk + 1, from, length);
    chunk[length + 1] = '\0';
}

const char *chunk_name(void) {
    return chunk;
}

static bool is_continuation(unsigned char byte) {
    return (byte & 0xC0) == 0x80;
}

// How many bytes the UTF-8 character at the beginning has, or 0 if there is none.
static size_t character(const unsigned char *at, size_t left) {
    unsigned char first = at[0];
    if (first < 0x80) return 1;
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || length > left) return 0;
    for (size_t i = 1; i < length; i++) {
        if (!is_continuation(at[i])) return 0;
    }
    // Neither an overlong form, nor a surrogate, nor beyond U+10FFFF.
    if ((first == 0xE0 && at[1] < 0xA0) || (first == 0xED && at[1] > 0x9F)) return 0;
    if ((first == 0xF0 && at[1] < 0x90) || (first == 0xF4 && at[1] > 0x8F)) return 0;
    return length;
}

// Adds bytes to the text: characters as they are, what is none as \xff, up to the greatest length.
// Whether it is text, as the contract has it.
bool is_utf8(const unsigned char *text, size_t length) {
    for (size_t at = 0; at < length;) {
        size_t size = character(text + at, length - at);
        if (size == 0) return false;
        at += size;
    }
    return true;
}

static void add(const char *bytes, size_t length) {
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = (const unsigned char *)bytes, *end = at + length;
    if (text.length >= LONGEST) return;
    while (at != end && text.length < LONGEST) {
        size_t size = character(at, (size_t)(end - at));
        if (size == 0) {
            char escaped[] = {'\\', 'x', digits[*at >> 4], digits[*at & 15]};
            memcpy(text.bytes + text.length, escaped, sizeof escaped);
            text.length += sizeof escaped;
            at++;
        } else {
            memcpy(text.bytes + text.length, at, size);
            text.length += size;
            at += size;
        }
    }
    if (at != end) {
        memcpy(text.bytes + text.length, "...", 3);
        text.length += 3;
    }
}

static void begin(const char *string) {
    text.length = 0;
    add(string, strlen(string));
}

static void flatten(void) {
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.bytes[i] < ' ') text.bytes[i] = ' ';
    }
}

// The text as it is; it stays until the next one is begun.
static script_interpreter_string_t the_text(void) {
    return (script_interpreter_string_t){(uint8_t *)text.bytes, text.length};
}

void write_log(eco_plugin_log_level_t level, const char *bytes, size_t length) {
    begin("");
    add(bytes, length);
    script_interpreter_string_t message = the_text();
    eco_plugin_log_log(level, &message);
}

// Lua's own warnings, about finalizers, come in pieces; nothing else is written between them.
void write_warning(void *unused, const char *piece, int more) {
    static bool begun;
    (void)unused;
    if (!begun) begin("");
    add(piece, strlen(piece));
    begun = more;
    if (more) return;
    script_interpreter_string_t message = the_text();
    eco_plugin_log_log(ECO_PLUGIN_LOG_LEVEL_WARN, &message);
}

script_interpreter_string_t one_line(const char *bytes, size_t length) {
    begin("");
    add(bytes, length);
    flatten();
    return the_text();
}

// "nil", "a number"; the string is on the stack.
const char *type_with_article(lua_State *L, int index) {
    if (lua_isthread(L, index)) return lua_pushliteral(L, "a coroutine");
    return lua_pushfstring(L, lua_isnil(L, index) ? "%s" : "a %s", luaL_typename(L, index));
}

// Whether a message already says where in the script it comes from.
static bool has_place(const char *message) {
    const char *name = chunk + 1;
    size_t length = strlen(name);
    return strncmp(message, name, length) == 0 && message[length] == ':';
}

// The text of a value that isn't a string, by its own __tostring if it has one.
static int value_text(lua_State *L) {
    if (lua_type(L, 1) == LUA_TNUMBER || luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL) {
        luaL_tolstring(L, 1, NULL);
    } else {
        lua_pushfstring(L, "the error is %s, not a message", type_with_article(L, 1));
    }
    return 1;
}

static void log_frame(lua_State *L, lua_Debug *frame) {
    lua_getinfo(L, "n", frame);
    const char *name = *frame->what == 'm' ? "the script itself" : "a function";
    if (frame->name != NULL) name = frame->name;
    const char *line = lua_pushfstring(L, "from %s:%d, in %s", frame->short_src, frame->currentline, name);
    write_log(ECO_PLUGIN_LOG_LEVEL_DEBUG, line, strlen(line));
    lua_pop(L, 1);
}

// Finds where in the script the error was raised, and logs which calls led there.
static bool find_place(lua_State *L, lua_Debug *place) {
    int shown = 0;
    for (int level = 1; level <= FRAMES_SEARCHED && shown < FRAMES_SHOWN; level++) {
        lua_Debug frame;
        if (!lua_getstack(L, level, &frame)) break;
        lua_getinfo(L, "Sl", &frame);
        // Functions in C have no line, and what a script loads from strings isn't in the script.
        if (frame.currentline <= 0 || strcmp(frame.source, chunk) != 0) continue;
        if (shown++ == 0) *place = frame;
        else log_frame(L, &frame);
    }
    return shown > 0;
}

// The handler of all errors: it turns the value that was raised into a line. It runs where the error
// was raised, so that the calls that led there can still be seen.
int explain_error(lua_State *L) {
    lua_Debug place;
    bool found = find_place(L, &place);
    lua_settop(L, 1);
    if (lua_type(L, 1) != LUA_TSTRING) {
        lua_pushcfunction(L, value_text);
        lua_pushvalue(L, 1);
        // This may call the script, which may raise an error again.
        if (lua_pcall(L, 1, 1, 0) != LUA_OK || lua_type(L, -1) != LUA_TSTRING) {
            lua_pushliteral(L, "the error's __tostring failed");
        }
    }
    size_t length;
    const char *message = lua_tolstring(L, -1, &length);
    begin("");
    if (found && !has_place(message)) {
        const char *prefix = lua_pushfstring(L, "%s:%d: ", place.short_src, place.currentline);
        begin(prefix);
    }
    add(message, length);
    lua_pushlstring(L, text.bytes, text.length);
    return 1;
}

// The error that ended a call. Those that never reached the handler, since it had no room to run or
// the state none to grow, get at least the script's name.
script_interpreter_string_t error_line(lua_State *L) {
    size_t length = 0;
    const char *message = lua_tolstring(L, -1, &length);
    if (message == NULL) message = "";
    begin("");
    if (!has_place(message)) {
        begin(chunk + 1);
        add(": ", 2);
    }
    add(message, length);
    flatten();
    return the_text();
}
