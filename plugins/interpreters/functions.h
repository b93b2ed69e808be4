/* The functions of a script that eco calls: for C, its name in the contract, and how it is spelt where words are joined
   by capitals and where by underscores. `host/compile/src/script/functions.rs` has the same list, and a test that says so. */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#define FOR_EACH_FUNCTION(is) \
    is(OPEN, "open", "open", "open") \
    is(RECEIVE, "receive", "receive", "receive") \
    is(END_OF_INPUT, "end-of-input", "endOfInput", "end_of_input") \
    is(CLOSED, "closed", "closed", "closed") \
    is(START, "start", "start", "start") \
    is(REPLIED, "replied", "replied", "replied") \
    is(MESSAGE, "message", "message", "message") \
    is(JOINED, "joined", "joined", "joined") \
    is(LEFT, "left", "left", "left") \
    is(MISSED, "missed", "missed", "missed")

#endif
