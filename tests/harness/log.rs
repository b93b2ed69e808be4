//! The output of a process, line by line.

use super::eco::PATIENCE;
use std::io::{BufRead as _, BufReader};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The lines of a process, gathered by a thread so that the process never waits for us.
pub(crate) struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    news: Mutex<Receiver<()>>,
}

impl Log {
    /// Without a pipe it stays empty.
    pub(crate) fn follow(pipe: Option<impl std::io::Read + Send + 'static>) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (tell, news) = channel();
        let all = lines.clone();
        std::thread::spawn(move || {
            let Some(pipe) = pipe else { return };
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                all.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(line);
                let _ = tell.send(());
            }
        });
        Self {
            lines,
            news: Mutex::new(news),
        }
    }

    /// Waits for one more line; `None` when there will be none.
    pub(crate) fn next_line(&self) -> Option<()> {
        let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        match news.recv_timeout(PATIENCE) {
            Ok(()) => Some(()),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Waits for a line that contains all of these, and gives it back.
    #[track_caller]
    pub(crate) fn line_with(&self, words: &[&str]) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = 0;
        loop {
            let lines = self.lines();
            let found = lines
                .iter()
                .skip(seen)
                .find(|line| words.iter().all(|word| line.contains(word)));
            if let Some(line) = found {
                return line.clone();
            }
            seen = lines.len();
            if Instant::now() > deadline || self.next_line().is_none() {
                panic!("no line has {words:?}:\n{}", self.text());
            }
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn text(&self) -> String {
        self.lines().join("\n")
    }
}
