//! The metrics of services that come, change and go.

use super::{Metrics, admin_of, get, until};
use crate::harness::Eco;
use crate::support::{Peer, empty_folder, serve};
use rustix::process::Signal;

#[test]
fn metrics_go_with_their_service_and_a_reload_is_counted() {
    let folder = empty_folder("admin-reload");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).expect("the folder is ours");
    };
    let service = |name: &str, more: &str| {
        format!("[[service]]\nname = \"{name}\"\nlisten = \"127.0.0.1:0\"\n{more}\n")
    };
    let (stays, goes) = (service("stays", "plugin = \"it.lua\""), service("goes", ""));
    write("it.lua", "function receive() return 'one\\n' end");
    write(
        "eco.toml",
        &format!("admin = \"127.0.0.1:0\"\n{stays}{goes}"),
    );
    let mut server = Eco::new(&["serve", "--config", "eco.toml"])
        .inside(&folder)
        .serve();
    let mut old = Peer::connect(server.address);
    assert_eq!(old.send(b"?").line(), "one");
    super::listened_on(&server.line());
    let admin = admin_of(&mut server);
    let before = Metrics::of(admin);
    assert!(before.has(r#"service="goes""#));
    assert_eq!(before.value(r#"eco_plugin_version{service="stays"}"#), 1.0);

    // Another budget, so that there is another engine; and another address for the figures, which stay where they are.
    let changed = service("stays", "plugin = \"it.lua\"\nmemory = \"32MiB\"");
    let comes = service("comes", "");
    write(
        "eco.toml",
        &format!("admin = \"127.0.0.1:9\"\n{changed}{comes}"),
    );
    server.signal(Signal::HUP);
    server.logged(&["--admin is as it was"]);
    let metrics = until(admin, |metrics| {
        metrics.has(r#"service="comes""#) && !metrics.has(r#"service="goes""#)
    });
    assert_eq!(metrics.value(r#"eco_plugin_version{service="stays"}"#), 2.0);
    assert_eq!(old.send(b"?").line(), "one");
    let mut new = Peer::connect(server.address);
    assert_eq!(new.send(b"?").line(), "one");
    // Those of both engines; the limit is that of the new one.
    let metrics = Metrics::of(admin);
    let limit = r#"eco_instance_memory_limit_bytes{service="stays"}"#;
    assert_eq!(before.value(limit), f64::from(64 << 20));
    assert_eq!(metrics.value(limit), f64::from(32 << 20));
    assert_eq!(metrics.value(r#"eco_instances{service="stays"}"#), 2.0);
    let calls = r#"eco_call_duration_seconds_count{service="stays",function="receive"}"#;
    assert_eq!(metrics.value(calls), 3.0);
    assert_eq!(
        metrics.value(r#"eco_reloads_total{service="stays",result="done"}"#),
        1.0
    );

    write("it.lua", "function");
    server.signal(Signal::HUP);
    server.logged(&["not reloaded"]);
    until(admin, |metrics| {
        metrics.value(r#"eco_reloads_total{service="stays",result="failed"}"#) == 1.0
    });
    assert_eq!(get(admin, "/readyz").status, 200);
}

#[test]
fn an_address_that_is_taken_is_an_error_and_so_is_one_that_is_served() {
    let server = serve(&[]);
    let taken = server.address.to_string();
    let exited = Eco::new(&["serve", "-l", "127.0.0.1:0", "--admin", &taken]).run(b"");
    assert_eq!(exited.code, 69);
    assert!(
        exited.stderr.contains("Port 0 takes a free one: --admin"),
        "{}",
        exited.stderr
    );
    let exited = Eco::new(&["serve", "-l", "127.0.0.1:9095", "--admin", "127.0.0.1:9095"]).run(b"");
    assert_eq!(exited.code, 64);
    assert!(
        exited.stderr.contains("an address of its own"),
        "{}",
        exited.stderr
    );
    let exited = Eco::new(&["serve", "--admin", "systemd"]).run(b"");
    assert_eq!(exited.code, 64);
}
