//! What several commands share: making a plan, carrying it out.

pub mod applying;
pub mod planning;
