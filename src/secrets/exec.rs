//! Secret values from a command that prints a YAML or JSON mapping. What it writes, even to stderr, is never shown.

use futures::future::LocalBoxFuture;

use super::{Place, Source, SourceError, Values, parse};
use crate::project::exec;
use crate::project::schema::ExecSource;

impl Source for ExecSource {
    fn fetch<'a>(
        &'a self,
        place: &'a Place<'a>,
    ) -> LocalBoxFuture<'a, Result<Values, SourceError>> {
        Box::pin(async move {
            let hint = "run the command by hand in the folder deploy/ to see what it says";
            let output = exec::run(
                self,
                place.root,
                (place.environment, place.target),
                place.env,
            )
            .await
            .map_err(|error| SourceError::new(error.message, hint))?;
            parse::mapping(&output).map_err(|problem| {
                SourceError::new(format!("what the command printed {problem}"), hint)
            })
        })
    }
}
