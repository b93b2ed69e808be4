//! The command `eco`.

use std::process::ExitCode;

fn main() -> ExitCode {
    eco_host::command::main()
}
