/* What the files of the interpreter share: one script, in one context. */
#ifndef INTERPRETER_H
#define INTERPRETER_H

#include "functions.h"
#include "line.h"

typedef script_interpreter_list_u8_t bytes_t;
typedef exports_eco_plugin_session_reply_t reply_t;
typedef exports_eco_plugin_client_turn_t turn_t;
typedef exports_eco_plugin_client_step_t step_t;

/* The functions that a script may define. */
enum function {
#define IN_C(name, contract, capitals, underscores) name,
    FOR_EACH_FUNCTION(IN_C)
#undef IN_C
    FUNCTIONS
};

/* phase.c: What the script is being called for. */
extern enum phase { TOP_LEVEL, SERVING, CLOSING, CLIENT } phase;
/* Whether the script may use the function of that name now; otherwise an exception is pending. */
bool phase_allows(JSContext *context, const char *name);
/* The same of a function that clients may use too. */
bool phase_is_call(JSContext *context, const char *name);

/* script.c: The context of the script, once it was evaluated; its file's name; its function's name. */
extern JSContext *context;
const char *script_name(void);
const char *function_name(enum function function);
/* Evaluates the script, the first time. If that fails, it returns false and the line says why. */
bool script_ready(struct line *error);
/* The script's function of that name, or undefined if there is none. */
JSValue script_find(enum function function);
/* Before each call of a function, or of a timer's. */
void script_begin(void);
/* Calls the function if there is one and gives what it returned in the end. Takes the arguments over.
   In case of an exception either one is pending or the line says what is wrong. */
JSValue script_call(enum function function, int count, JSValue *arguments, bool *defined,
                    struct line *wrong);
/* Tells what went wrong: the exception that is pending, or else what the line says. */
void script_explain(const struct line *wrong, struct line *error);

/* errors.c: Takes the pending exception and says what it is and where it comes from, as in
   `upper.js:3:7: TypeError: not a function`. The deeper frames go to the log. */
void error_take(JSContext *context, const char *script, struct line *line);
/* The same for a value that was thrown earlier, the reason of a rejected promise. */
void error_say(JSContext *context, const char *script, JSValueConst thrown, struct line *line);

/* values.c: Each turns what the function `name` returned into what eco takes; answer.c has the bytes.
   If that can't be, each returns false, and either there is an exception pending or the line says what
   is wrong. */
bool value_to_reply(JSContext *context, const char *name, JSValueConst value, reply_t *reply,
                    struct line *wrong);
bool value_to_turn(JSContext *context, const char *name, JSValueConst value, turn_t *turn,
                   struct line *wrong);
bool value_to_step(JSContext *context, const char *name, JSValueConst value, step_t *step,
                   struct line *wrong);

/* values.c: Whether these are options that the function has, if any; otherwise an exception is pending. */
bool options_check(JSContext *context, const char *name, JSValueConst options, const char *const *known);

/* values.c: A value for a person, by its type: `a string`, `a Map`. The text stays until the next one. */
const char *value_kind(JSContext *context, JSValueConst value);

/* values.c: Where the bytes of a string, a Uint8Array or an ArrayBuffer are. Those of a string are in a
   text that JS_FreeCString frees. */
bool bytes_find(JSContext *context, JSValueConst value, bytes_t *bytes, const char **text);

/* answer.c: Holds a value, so that its bytes stay where they are until the answer is forgotten. They stay
   what they are only if nothing of the script runs in between: otherwise settle the answer before. */
bool answer_hold(JSContext *context, JSValueConst value, bytes_t *bytes);
/* Copies bytes, until the answer is forgotten. */
void answer_copy(bytes_t *bytes);
/* Copies what is held. */
void answer_settle(void);
void answer_forget(JSContext *context);

/* promises.c: Whether there is something to do for jobs_run. */
bool jobs_wait(JSContext *context);
/* Runs all jobs that wait. */
void jobs_run(JSContext *context, const char *script);
/* If the value is a promise: runs the jobs and gives what the promise was fulfilled with, or throws
   what it was rejected with. One that stays pending is no exception; then the line says what is wrong.
   Takes the value over. */
JSValue promise_settle(JSContext *context, const char *script, const char *name, JSValue value,
                       struct line *wrong);
/* Runs the jobs, and says whether the promise is still neither fulfilled nor rejected. */
bool promise_stays_pending(JSContext *context, const char *script, JSValueConst promise);
void promises_watch(JSContext *context);

/* console.c, encoding.c and lines.c: Define what scripts find in globalThis. */
void console_define(JSContext *context, JSValueConst global);
void encoding_define(JSContext *context, JSValueConst global);
void lines_define(JSContext *context, JSValueConst global);

/* problem.c: Throws what the host said when the script called the function of that name. Takes the text over. */
JSValue problem_throw(JSContext *context, const char *name, uint8_t tag, script_interpreter_string_t *why);

/* arguments.c: A value as text: of a name, which may be anything that can be text. */
struct text {
    JSValue string;
    const char *utf8;
    script_interpreter_string_t host;
};
/* Whether there is such a text, which text_free frees; otherwise an exception is pending. */
bool text_find(JSContext *context, const char *name, JSValueConst value, struct text *text);
void text_free(JSContext *context, struct text *text);
/* As bytes_find, of a value that may be anything. */
bool bytes_of(JSContext *context, const char *name, JSValueConst value, bytes_t *bytes, const char **text);
/* A string of a text of the host's. */
JSValue text_of(JSContext *context, const script_interpreter_string_t *text);

/* The longest number that a double can tell from its neighbours. */
#define SAFE 9007199254740991

/* parts.c: The arguments of a call of the embedding program's, as the host takes them. */
struct parts {
    eco_plugin_script_part_t *first;
    size_t count, room;
};
/* Adds a value; otherwise an exception is pending. */
bool parts_add(JSContext *context, const char *name, JSValueConst value, struct parts *parts);
void parts_free(JSContext *context, struct parts *parts);
/* The value that the host has written as these parts. Takes them over. */
JSValue parts_take(JSContext *context, eco_plugin_script_list_part_t *parts);
/* A name of several words, from WIT's spelling. */
JSValue name_of(JSContext *context, const script_interpreter_string_t *name);

/* topics.c: A member as scripts have it. */
JSValue member_of(JSContext *context, const eco_plugin_topics_member_t *member);

/* timers.c: Calls what is due. In case of an exception either one is pending or the line says what is wrong. */
bool timers_call(JSContext *context, reply_t *answer, struct line *wrong);

/* sent.c: Puts what was sent in this call before what was returned. It stays until the next call. */
void sent_before(bytes_t *data);
/* Adds to what was sent. */
void sent_add(const bytes_t *data);
void sent_forget(void);

/* topics.c, store.c, timers.c, peer.c, sent.c and host_imports.c: Define what scripts find in globalThis. */
void topics_define(JSContext *context, JSValueConst global);
void store_define(JSContext *context, JSValueConst global);
void timers_define(JSContext *context, JSValueConst global);
void peer_define(JSContext *context, JSValueConst global);
void sent_define(JSContext *context, JSValueConst global);
void host_imports_define(JSContext *context, JSValueConst global);

/* console.c: Adds any value to a line, as console.log would show it. Never leaves an exception. */
void console_show(JSContext *context, struct line *line, JSValueConst value);

#endif
