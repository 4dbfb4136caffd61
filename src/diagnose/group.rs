//! Many symptoms of one cause become one finding: fifty Deployments that miss one Secret are one story.

use super::{Evidence, Finding};

/// Pieces of evidence that a grouped finding keeps: enough to believe it, few enough to read.
const EVIDENCE: usize = 6;

/// Merges findings of the same code and words. Those of one object become one; those of several name the others. Worst first.
pub fn group(findings: Vec<Finding>) -> Vec<Finding> {
    let mut groups: Vec<(Finding, Vec<String>)> = Vec::new();
    for finding in findings {
        let same = groups
            .iter_mut()
            .find(|(known, _)| is_same(known, &finding));
        let Some((known, others)) = same else {
            groups.push((finding, Vec::new()));
            continue;
        };
        if finding.severity > known.severity {
            known.severity = finding.severity;
            known.message = finding.message;
        }
        let other = finding.object.to_string();
        if finding.object != known.object && !others.contains(&other) {
            others.push(other);
        }
        for evidence in finding.evidence {
            if known.evidence.len() < EVIDENCE && !known.evidence.contains(&evidence) {
                known.evidence.push(evidence);
            }
        }
    }
    let mut found: Vec<Finding> = groups
        .into_iter()
        .map(|(finding, others)| name_others(finding, &others))
        .collect();
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

/// Pods of one object tell one story even where their numbers differ; different objects must use the same words.
fn is_same(one: &Finding, other: &Finding) -> bool {
    let without_numbers = |text: &str| text.replace(|letter: char| letter.is_ascii_digit(), "");
    one.code == other.code
        && if one.object == other.object {
            without_numbers(&one.message) == without_numbers(&other.message)
        } else {
            one.message == other.message
        }
}

fn name_others(mut finding: Finding, others: &[String]) -> Finding {
    if let Some(first) = others.first() {
        finding.message = match others.len() {
            1 => format!("{} (the same in {first})", finding.message),
            number => format!(
                "{} (the same in {first} and {})",
                finding.message,
                crate::words::count(number - 1, "other object")
            ),
        };
        finding.evidence.push(Evidence::Field {
            object: finding.object.to_string(),
            path: "the same in".to_owned(),
            value: others.join(", "),
        });
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::build::finding;
    use crate::manifest::ObjectId;

    #[test]
    fn one_reason_one_finding() {
        let of = |name: &str, text: &str| {
            finding(
                &ObjectId::new("apps", "Deployment", name),
                "secret-missing",
                text,
            )
        };
        let found = group(vec![
            of("a", "Secret db does not exist"),
            of("b", "Secret db does not exist"),
            of("c", "Secret db does not exist"),
            of("a", "Secret mq does not exist"),
        ]);
        assert_eq!(found.len(), 2);
        let mut later = of("a", "restarts: 3");
        later.severity = crate::diagnose::Severity::Permanent;
        let pods = group(vec![of("a", "restarts: 2"), later]);
        assert_eq!(pods.len(), 1);
        assert_eq!(pods[0].message, "restarts: 3");
        assert_eq!(
            found[0].message,
            "Secret db does not exist (the same in Deployment/b and 1 other object)"
        );
    }
}
