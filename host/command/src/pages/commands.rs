//! Finds eco's commands in texts, and splits them into words as a shell does.

/// A command in a text, and its place.
pub(super) struct TypedCommand {
    /// For messages.
    pub(super) place: String,
    /// Its words, `eco` first.
    pub(super) words: Vec<String>,
    /// Whether the command is a line of its own, to be typed as it is. Otherwise it is a part of a sentence.
    pub(super) is_whole: bool,
}

/// The commands on a page: lines of code, and spans of code in sentences.
pub(super) fn of_page(name: &str, text: &str) -> Vec<TypedCommand> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let place = format!("{name}:{number}");
        let code = line.trim_start().trim_start_matches("$ ");
        let code = code
            .strip_prefix("cargo run --release -- ")
            .map_or_else(|| code.to_owned(), |rest| format!("eco {rest}"));
        if code.starts_with("eco ") && is_code(line) {
            found.push(typed(place, &code, true));
        } else {
            found.extend(spans(line).map(|span| typed(place.clone(), span, false)));
        }
    }
    found
}

/// Whether the line is code: indented, or after a prompt. A sentence may begin with `eco` too.
fn is_code(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with("$ ")
}

/// The spans of code that begin with `eco`.
pub(super) fn spans(line: &str) -> impl Iterator<Item = &str> {
    let spans = line.split('`').skip(1).step_by(2);
    spans.filter(|span| span.starts_with("eco "))
}

/// The commands in help: the lines of its examples.
pub(super) fn of_help(name: &str, help: &str) -> Vec<TypedCommand> {
    let lines = help.lines().filter(|line| line.starts_with("  eco "));
    let typed = lines.map(|line| typed(format!("eco {name} --help"), line.trim(), true));
    typed.collect()
}

/// The commands in sources: spans of code in messages and comments.
pub(super) fn of_source(name: &str, text: &str) -> Vec<TypedCommand> {
    let lines = (1..).zip(text.lines());
    let found = lines.flat_map(|(number, line)| {
        spans(line).map(move |span| typed(format!("{name}:{number}"), span, false))
    });
    found.collect()
}

/// The commands in a unit of systemd.
pub(super) fn of_unit(name: &str, text: &str) -> Vec<TypedCommand> {
    let lines = (1..).zip(text.lines());
    let found = lines.filter_map(|(number, line)| {
        let command = line.strip_prefix("ExecStart=/usr/local/bin/")?;
        Some(typed(format!("{name}:{number}"), command, true))
    });
    found.collect()
}

/// The command of an image: its entry point, and then what is given to that.
pub(super) fn of_image(name: &str, text: &str) -> TypedCommand {
    let of = |instruction: &str| {
        let mut arrays = text
            .lines()
            .filter_map(move |line| line.strip_prefix(instruction));
        let words = arrays.next().map(serde_json::from_str::<Vec<String>>);
        words.unwrap().unwrap()
    };
    TypedCommand {
        place: name.to_owned(),
        words: [of("ENTRYPOINT "), of("CMD ")].concat(),
        is_whole: true,
    }
}

fn typed(place: String, text: &str, is_whole: bool) -> TypedCommand {
    TypedCommand {
        place,
        words: words(text),
        is_whole,
    }
}

/// The words of a command, up to a shell's operator, or to a page's remark beside it.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut blanks = 0;
    for letter in text.chars() {
        blanks = if letter == ' ' && quote.is_none() {
            blanks + 1
        } else {
            0
        };
        match (letter, quote) {
            (end, Some(mark)) if end == mark => quote = None,
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (' ', None) if blanks > 1 => break,
            (' ', None) => words.extend(word.take()),
            ('#' | '|' | '>' | '<' | ';' | '(' | '&', None) if word.is_none() => break,
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
