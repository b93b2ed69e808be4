//! Plugins in WebAssembly text.

use super::error::BuildError;
use super::form::Form;
use super::{folder, make};
use eco_isolated::Program;
use eco_text::escape;
use std::path::Path;

pub(super) fn build(source: &Path, output: &Path, maker: &Program) -> Result<(), BuildError> {
    let form = Form::Text(escape::path(source));
    let component = make::component(maker, form, make::read(source)?, source, output)?;
    folder::replace(output, &component)
}
