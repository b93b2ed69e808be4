//! The pages and comments against the code and against each other.

mod features;
mod figures;
mod layers;
mod limit_comments;
mod operating;
mod promises;
mod translations;
