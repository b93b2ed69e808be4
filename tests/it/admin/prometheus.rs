//! Prometheus itself: it scrapes, and its tool is content with the metrics, the alerts and the dashboard.

use super::{Metrics, PATIENCE, admin_of, get};
use crate::support::network::free_address;
use crate::support::{Peer, empty_folder, project_file, serve};
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

/// What this command says, given this on stdin. `None` where Debian's package `prometheus` is not installed.
fn run(command: &mut Command, input: &str) -> Option<Output> {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = started(pipes.stderr(Stdio::piped()))?;
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    Some(child.wait_with_output().expect("it ends"))
}

fn started(command: &mut Command) -> Option<Child> {
    match command.spawn() {
        Ok(child) => Some(child),
        Err(error) => {
            let is_needed = std::env::var_os("ECO_ALL_TOOLS").is_some();
            assert!(!is_needed, "{command:?}: {error}");
            eprintln!("SKIPPED: {command:?}: {error}");
            None
        }
    }
}

/// The alert that a service is full comes after five minutes in which connections wait, and not for one that waits now and
/// then.
const FULL: &str = "
rule_files: [RULES]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
  - { series: 'eco_connections_waiting{service=\"full\"}', values: '1x20' }
  - { series: 'eco_connections_waiting{service=\"busy\"}', values: '1 0 0 0 1 0 0 0 1 0 0 0 1 0 0 0 1 0 0 0' }
  alert_rule_test:
  - eval_time: 4m
    alertname: EcoFull
  - eval_time: 15m
    alertname: EcoFull
    exp_alerts:
    - exp_labels: { service: full, severity: warning }
      exp_annotations:
        summary: All places of full are taken most of the time, and connections wait (--max-connections).
";

/// A process that ends with its test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The names of metrics in a text.
fn names_in(text: &str) -> BTreeSet<String> {
    let name = Regex::new("eco_[a-z_]+").expect("it is a pattern");
    let found = name.find_iter(text).map(|found| found.as_str().to_owned());
    found.collect()
}

#[test]
fn the_dashboard_and_the_alerts_ask_for_metrics_that_there_are() {
    let mut server = serve(&["--admin", "127.0.0.1:0"]);
    let admin = admin_of(&mut server);
    // Without samples where there is no file, and no failure.
    let there = names_in(&get(admin, "/metrics").body);
    for name in ["host/dist/grafana.json", "host/dist/alerts.yml"] {
        let text = std::fs::read_to_string(project_file(name)).expect("it is there");
        let asked: BTreeSet<String> = names_in(&text);
        assert!(asked.len() > 10, "{name}: {asked:?}");
        let missing: Vec<&String> = asked.difference(&there).collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
        if name.ends_with("json") {
            serde_json::from_str::<Value>(&text).expect("it is JSON");
        }
    }
    let rules = project_file("host/dist/alerts.yml");
    if let Some(checked) = run(
        Command::new("promtool").args(["check", "rules", &rules]),
        "",
    ) {
        assert!(checked.status.success(), "{checked:?}");
        let folder = empty_folder("admin-rules");
        for (does, name, text) in [
            ("test", "full.yml", FULL.replace("RULES", &rules)),
            ("check", "dashboard.yml", expressions()),
        ] {
            let file = folder.join(name);
            std::fs::write(&file, text).expect("the folder is ours");
            let ended = run(Command::new("promtool").args([does, "rules"]).arg(file), "");
            let ended = ended.expect("promtool is there");
            assert!(ended.status.success(), "{ended:?}");
        }
    }
}

/// What the dashboard asks for, as rules, whose expressions promtool checks.
fn expressions() -> String {
    let text = std::fs::read_to_string(project_file("host/dist/grafana.json"));
    let expression = Regex::new(r#""expr": "((?:[^"\\]|\\.)*)""#).expect("it is a pattern");
    let text = text.expect("it is there");
    let rules = expression
        .captures_iter(&text)
        .enumerate()
        .map(|(number, found)| {
            // A text in JSON is one in YAML.
            let expression = found[1].replace("$__rate_interval", "5m");
            format!("  - {{ record: 'eco:{number}', expr: \"{expression}\" }}\n")
        });
    let rules: Vec<String> = rules.collect();
    assert!(rules.len() > 20, "{rules:?}");
    format!("groups:\n- name: dashboard\n  rules:\n{}", rules.concat())
}

#[test]
fn promtool_is_content_and_prometheus_scrapes_what_was_counted() {
    let mut server = serve(&["--admin", "127.0.0.1:0"]);
    let admin = admin_of(&mut server);
    let mut peer = Peer::connect(server.address);
    peer.send(b"counted").expect(b"counted");
    let text = get(admin, "/metrics").body;
    let Some(checked) = run(Command::new("promtool").args(["check", "metrics"]), &text) else {
        return;
    };
    assert!(
        checked.status.success() && checked.stderr.is_empty(),
        "{checked:?}"
    );

    let (folder, address) = (empty_folder("admin-prometheus"), free_address());
    let config = format!(
        "scrape_configs:\n- job_name: eco\n  scrape_interval: 1s\n  static_configs:\n  - targets: ['{admin}']\n"
    );
    std::fs::write(folder.join("prometheus.yml"), config).expect("the folder is ours");
    let prometheus = Command::new("prometheus")
        .current_dir(&folder)
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
        .arg(format!("--web.listen-address={address}"))
        .stderr(Stdio::null())
        .spawn();
    let _prometheus = Ends(prometheus.expect("it comes with promtool"));
    let deadline = Instant::now() + PATIENCE;
    let ask = "GET /api/v1/query?query=eco_received_bytes_total HTTP/1.0\r\n\r\n";
    loop {
        if TcpStream::connect(address).is_ok() {
            let answer = super::answer_to(Peer::connect(address).0, ask);
            let found: Option<Value> = serde_json::from_str(&answer.body).ok();
            let found = found.and_then(|it| it.pointer("/data/result/0/value/1").cloned());
            if found == Some("7".into()) {
                break;
            }
        }
        assert!(Instant::now() < deadline, "it is never scraped");
        std::thread::yield_now();
    }
    // With OpenMetrics, which it asks for.
    assert_eq!(Metrics::of(admin).value("eco_received_bytes_total"), 7.0);
}
