//! Advice for a program whose output comes only with the end of its input. Most often that is the first stumble of
//! somebody whose program answers nobody: the library of its language keeps what is written.

/// How each language sends what was written, by a word in the name of a tool that made the program. The first that fits
/// counts: tools of several languages use those of C.
const WAYS: [(&str, &str); 6] = [
    (
        "rustc",
        "in Rust std::io::stdout().flush(), after a line without an end",
    ),
    ("Go", "in Go writer.Flush(), if there is a bufio.Writer"),
    (
        "AssemblyScript",
        "in AssemblyScript process.stdout.write() at once",
    ),
    ("ruby", "in Ruby $stdout.sync = true"),
    ("python", "in Python print(..., flush=True)"),
    (
        "clang",
        "in C fflush(stdout), or setvbuf(stdout, NULL, _IONBF, 0) at the beginning",
    ),
];

/// The words for a program that these tools made.
pub(super) fn hint(made_with: &[String]) -> String {
    let has = |word: &str| {
        let is_it = |tool: &String| {
            tool.split(['-', ' '])
                .any(|part| part.eq_ignore_ascii_case(word))
        };
        made_with.iter().any(is_it)
    };
    let way = WAYS.iter().find(|(word, _)| has(word));
    let way = way.map_or(String::new(), |(_, way)| format!(" ({way})"));
    format!(
        "nothing was written before the end of input: flush stdout where an answer should come before{way}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_that_of_the_language_where_a_tool_tells_it() {
        let of =
            |tools: &[&str]| hint(&tools.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert!(of(&["clang 18.1.2"]).contains("fflush(stdout)"));
        assert!(of(&["Rust", "rustc 1.95.0", "clang 18"]).contains("std::io"));
        assert!(of(&["Go go1.27", "go cmd/compile"]).contains("writer.Flush()"));
        assert!(of(&["cargoclang"]).ends_with("come before"));
        assert!(of(&[]).ends_with("come before"));
    }
}
