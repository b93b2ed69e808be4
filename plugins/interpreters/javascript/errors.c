/* Owns how an error is told: one line with the place, and the deeper frames for the log. What a
   script throws is hostile until proven otherwise: names and messages may be getters that throw.
   Knows nothing of the call that failed. */

#include <ctype.h>
#include <stdlib.h>

#include "engine.h"
#include "interpreter.h"

#define DEEPER_FRAMES 5

/* Finds `:3:7` after the script's name in a line of the trace; returns its length. */
static size_t find_place(const char *frame, size_t length, const char *script, const char **place) {
    size_t name = strlen(script);
    for (size_t i = 1; i + name < length; i++) {
        const char *after = frame + i + name, *end = frame + length;
        if ((frame[i - 1] != '(' && frame[i - 1] != ' ') || memcmp(frame + i, script, name)) continue;
        const char *at = after;
        while (at < end && (*at == ':' || isdigit((unsigned char) *at))) at++;
        if (at - after < 2) continue;
        *place = after;
        return (size_t) (at - after);
    }
    return 0;
}

static void log_frame(const char *frame, size_t length) {
    size_t indent = strspn(frame, " ");
    struct line line = { 0 };
    line_add_utf8(&line, frame + indent, length - indent);
    line_log(&line, ECO_PLUGIN_LOG_LEVEL_DEBUG);
}

/* The first frame in the script itself is the place; what lies below it goes to the log. */
static void say_place(const char *trace, const char *script, struct line *line) {
    bool found = false;
    int deeper = 0;
    for (const char *end; *trace && deeper < DEEPER_FRAMES; trace = *end ? end + 1 : end) {
        end = strchrnul(trace, '\n');
        const char *place;
        size_t length = found ? 0 : find_place(trace, (size_t) (end - trace), script, &place);
        if (length > 0) {
            line_add_utf8(line, place, length);
            found = true;
        } else if (found) {
            log_frame(trace, (size_t) (end - trace));
            deeper++;
        }
    }
}

static void swallow(JSContext *context) {
    JS_FreeValue(context, JS_GetException(context));
}

/* The engine remembers where the last throw was, which is all there is for a thrown number. */
static JSValue last_throw(JSContext *context) {
    JSValue trace = JS_UNDEFINED;
    js_std_cmd(2, context, &trace);
    return trace;
}

static void say_property(JSContext *context, JSValueConst error, const char *name,
                         const char *otherwise, struct line *line) {
    JSValue text = JS_GetPropertyStr(context, error, name);
    if (JS_IsException(text)) swallow(context);
    if (JS_IsString(text)) line_add_string(line, text);
    else line_add(line, "%s", otherwise);
    JS_FreeValue(context, text);
}

/* What the engine says where the text ends and something must follow: it quotes a token that isn't there. */
static bool says_that_text_ends(const struct line *message) {
    static const char *const texts[] = { "unexpected token in expression: ''", "Unexpected end of input" };
    for (int i = 0; i < 2; i++)
        if (message->length == strlen(texts[i]) && !memcmp(message->text, texts[i], message->length))
            return true;
    return false;
}

static void say_message(JSContext *context, JSValueConst error, struct line *line) {
    struct line message = { 0 };
    say_property(context, error, "message", "(no message)", &message);
    if (says_that_text_ends(&message))
        line_add(line, "unexpected end of input: a }, ) or ] is missing");
    else
        line_add_utf8(line, message.text, message.length);
}

static void say_what(JSContext *context, JSValueConst thrown, struct line *line) {
    line_add(line, ": ");
    if (!JS_IsError(thrown)) {
        line_add(line, "uncaught ");
        console_show(context, line, thrown);
        return;
    }
    say_property(context, thrown, "name", "Error", line);
    line_add(line, ": ");
    say_message(context, thrown, line);
}

static void say(JSContext *context, const char *script, JSValueConst thrown, JSValue trace,
                struct line *line) {
    line_add(line, "%s", script);
    if (JS_IsString(trace)) {
        const char *text = JS_ToCString(context, trace);
        if (text) say_place(text, script, line);
        else swallow(context);
        JS_FreeCString(context, text);
    }
    JS_FreeValue(context, trace);
    say_what(context, thrown, line);
}

void error_say(JSContext *context, const char *script, JSValueConst thrown, struct line *line) {
    say(context, script, thrown, engine_trace(context, thrown), line);
}

void error_take(JSContext *context, const char *script, struct line *line) {
    JSValue thrown = JS_GetException(context);
    JSValue last = last_throw(context);
    if (JS_IsError(thrown)) {
        JS_FreeValue(context, last);
        error_say(context, script, thrown, line);
    } else {
        say(context, script, thrown, last, line);
    }
    JS_FreeValue(context, thrown);
}
