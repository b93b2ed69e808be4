/* Binds the import peer: peerDetails. */

#include "interpreter.h"

/* What isn't known is left out. */
static void set_text(JSContext *context, JSValueConst object, const char *name,
                     const script_interpreter_option_string_t *text) {
    if (text->is_some) JS_SetPropertyStr(context, object, name, text_of(context, &text->val));
}

static JSValue certificate_of(JSContext *context, const eco_plugin_peer_peer_certificate_t *certificate) {
    JSValue object = JS_NewObject(context);
    JS_SetPropertyStr(context, object, "subject", text_of(context, &certificate->subject));
    set_text(context, object, "fingerprint", &certificate->fingerprint);
    return object;
}

static JSValue tls_of(JSContext *context, const eco_plugin_peer_tls_details_t *tls) {
    JSValue object = JS_NewObject(context);
    set_text(context, object, "version", &tls->version);
    set_text(context, object, "serverName", &tls->server_name);
    set_text(context, object, "protocol", &tls->protocol);
    if (tls->certificate.is_some)
        JS_SetPropertyStr(context, object, "certificate", certificate_of(context, &tls->certificate.val));
    return object;
}

static JSValue peer_details(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    if (!phase_allows(context, "peerDetails")) return JS_EXCEPTION;
    eco_plugin_peer_peer_details_t details;
    eco_plugin_peer_details(&details);
    JSValue object = JS_NewObject(context);
    if (details.user.is_some)
        JS_SetPropertyStr(context, object, "user", JS_NewUint32(context, details.user.val));
    if (details.tls.is_some) JS_SetPropertyStr(context, object, "tls", tls_of(context, &details.tls.val));
    set_text(context, object, "proxy", &details.proxy);
    eco_plugin_peer_peer_details_free(&details);
    return object;
}

static const JSCFunctionListEntry globals[] = {
    JS_CFUNC_DEF("peerDetails", 0, peer_details),
};

void peer_define(JSContext *context, JSValueConst global) {
    JS_SetPropertyFunctionList(context, global, globals, 1);
}
