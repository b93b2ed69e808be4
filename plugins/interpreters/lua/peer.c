// Binds the import peer: peer_details.
#include "interpreter.h"

// Sets a field of the table on the top, unless nobody knows the text.
static void set_text(lua_State *L, const char *name, const script_interpreter_option_string_t *text) {
    if (!text->is_some) return;
    push_bytes(L, text->val.ptr, text->val.len);
    lua_setfield(L, -2, name);
}

static void push_certificate(lua_State *L, const eco_plugin_peer_peer_certificate_t *certificate) {
    lua_createtable(L, 0, 2);
    push_bytes(L, certificate->subject.ptr, certificate->subject.len);
    lua_setfield(L, -2, "subject");
    set_text(L, "fingerprint", &certificate->fingerprint);
}

static void push_tls(lua_State *L, const eco_plugin_peer_tls_details_t *tls) {
    lua_createtable(L, 0, 4);
    set_text(L, "version", &tls->version);
    set_text(L, "server_name", &tls->server_name);
    set_text(L, "protocol", &tls->protocol);
    if (tls->certificate.is_some) {
        push_certificate(L, &tls->certificate.val);
        lua_setfield(L, -2, "certificate");
    }
}

// What the host has handed over and Lua hasn't seen yet must not be collected: so nothing is.
static int peer_details(lua_State *L) {
    check_phase(L, "peer_details");
    eco_plugin_peer_peer_details_t details;
    lua_gc(L, LUA_GCSTOP);
    eco_plugin_peer_details(&details);
    lua_createtable(L, 0, 3);
    if (details.user.is_some) {
        lua_pushinteger(L, details.user.val);
        lua_setfield(L, -2, "user");
    }
    if (details.tls.is_some) {
        push_tls(L, &details.tls.val);
        lua_setfield(L, -2, "tls");
    }
    set_text(L, "proxy", &details.proxy);
    lua_gc(L, LUA_GCRESTART);
    return 1;
}

void open_peer(lua_State *L) {
    lua_register(L, "peer_details", peer_details);
}
