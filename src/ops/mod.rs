//! What several commands share or what has phases. Each `run` reads as its phases.

pub mod applying;
pub mod carry_out;
pub mod checks;
pub mod convoy;
pub mod delete;
pub mod deploy;
pub mod drift;
pub mod explain_change;
pub mod finish;
pub mod goal;
pub mod job_logs;
pub mod jobs;
pub mod locate;
pub mod locked;
pub mod plan_file;
pub mod planning;
pub mod previous;
pub mod readiness;
pub mod recording;
pub mod resume;
pub mod rollback;
pub mod rolling;
pub mod sweep;
pub mod undo;
