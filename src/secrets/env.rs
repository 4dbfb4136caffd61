//! Secret values from environment variables, as CI systems hand them over.

use futures::future::LocalBoxFuture;

use super::{Place, Source, SourceError, Values};
use crate::project::schema::EnvSource;
use crate::redact::Secret;
use crate::words;

impl Source for EnvSource {
    fn fetch<'a>(
        &'a self,
        place: &'a Place<'a>,
    ) -> LocalBoxFuture<'a, Result<Values, SourceError>> {
        Box::pin(std::future::ready(read(self, place)))
    }
}

fn read(source: &EnvSource, place: &Place<'_>) -> Result<Values, SourceError> {
    let wanted: Vec<(&String, &String)> = match source {
        EnvSource::Same(names) => names.iter().map(|name| (name, name)).collect(),
        EnvSource::Renamed(names) => names.iter().collect(),
    };
    let mut values = Values::new();
    let mut missing = Vec::new();
    for (key, variable) in wanted {
        match place.env.var(variable) {
            Some(value) => {
                values.insert(key.clone(), Secret::new(value.as_bytes().to_vec()));
            }
            None => missing.push(variable.as_str()),
        }
    }
    if missing.is_empty() {
        return Ok(values);
    }
    Err(SourceError::new(
        format!(
            "{} {} not set",
            words::list(&missing, "and"),
            if missing.len() == 1 { "is" } else { "are" }
        ),
        format!("export {} where deploy runs", words::list(&missing, "and")),
    ))
}
