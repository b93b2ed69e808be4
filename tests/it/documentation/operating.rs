//! What runs eco as a service: the unit and the socket of systemd, the image of a container, and the page about them.

use crate::harness::binary;
use crate::support::{empty_folder, project_file};
use std::process::Command;

fn text(name: &str) -> String {
    let path = project_file(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether the text has this line.
#[track_caller]
fn assert_line(text: &str, line: &str) {
    assert!(text.lines().any(|found| found == line), "{line}\n{text}");
}

#[test]
fn systemd_takes_the_unit_and_the_socket() {
    let folder = empty_folder("documentation-units");
    let program = binary().display().to_string();
    let units = ["eco.service", "eco.socket"].map(|name| {
        // It looks for the programs too, wherever they are installed here.
        let unit = text(&format!("host/dist/{name}"))
            .replace("/usr/local/bin/eco", &program)
            .replace("/bin/kill", &program);
        let path = folder.join(name);
        std::fs::write(&path, unit).expect("the folder is ours");
        path
    });
    match Command::new("systemd-analyze")
        .arg("verify")
        .args(units)
        .output()
    {
        Ok(verified) => {
            let said = String::from_utf8_lossy(&verified.stderr);
            // It may have something to say of the machine's own units.
            assert!(
                verified.status.success() && !said.contains("eco."),
                "{said}"
            );
        }
        Err(error) => {
            let all = std::env::var_os("ECO_ALL_TOOLS");
            assert!(all.is_none(), "systemd-analyze: {error}");
            eprintln!("SKIPPED: systemd-analyze: {error}");
        }
    }
}

#[test]
fn the_unit_the_image_and_the_page_name_the_same_places() {
    let unit = text("host/dist/eco.service");
    for line in [
        "ExecStart=/usr/local/bin/eco serve --config /etc/eco/eco.toml",
        "CacheDirectory=eco",
        "StateDirectory=eco",
        "RuntimeDirectory=eco",
        // With DynamicUser= the folder itself is a link, and eco keeps no code in one.
        "Environment=XDG_CACHE_HOME=%C/eco",
    ] {
        assert_line(&unit, line);
    }
    let image = text("host/dist/Containerfile");
    assert_line(&image, "ENV XDG_CACHE_HOME=/var/cache/eco");
    assert_line(&image, r#"VOLUME ["/var/cache/eco", "/var/lib/eco"]"#);
    let page = text("host/OPERATING.md");
    for place in [
        "/etc/eco/eco.toml",
        "/var/cache/eco",
        "/var/lib/eco",
        "/run/eco",
    ] {
        assert!(page.contains(&format!("`{place}`")), "{place}");
    }
    assert_line(&text("host/dist/eco.socket"), "FileDescriptorName=echo");
    assert_line(&text("host/dist/eco.toml"), r#"listen = "systemd:echo""#);
}

#[test]
fn the_image_is_built_by_the_compiler_of_the_project() {
    let toolchain = text("rust-toolchain.toml");
    let channel = toolchain.split("channel = \"").nth(1);
    let channel = channel.and_then(|rest| rest.split('"').next());
    let image = format!("/rust:{}-", channel.expect("it names one"));
    assert!(text("host/dist/Containerfile").contains(&image), "{image}");
}
