//! Holds no code: the package only names the sources that the interpreters are built from.
