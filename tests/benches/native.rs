//! eco beside a native echo.
fn main() {}
