//! Images named on the command line.

use pullstudy_console::UsageError;

/// Finds an image by its name, or by a part of it that no other name has.
pub(crate) fn find(names: &[String], option: &str, wanted: &str) -> Result<usize, UsageError> {
    if let Some(exact) = names.iter().position(|name| name == wanted) {
        return Ok(exact);
    }
    let similar: Vec<usize> = (0..names.len())
        .filter(|&image| names[image].contains(wanted))
        .collect();
    match similar[..] {
        [one] => Ok(one),
        [] => Err(UsageError(format!(
            "{option} {wanted}: there is no such image; names are as in --format json"
        ))),
        [first, second, ..] => Err(UsageError(format!(
            "{option} {wanted}: {} images have that in their names, such as {} and {}",
            similar.len(),
            names[first],
            names[second]
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_shortened_until_it_is_anothers_too() {
        let names = ["r.io/app:1", "r.io/app:10", "r.io/lib:1"].map(str::to_owned);
        let found = |wanted| find(&names, "--image", wanted);
        assert_eq!(found("r.io/app:1").unwrap(), 0);
        assert_eq!(found("lib").unwrap(), 2);
        let error = found("app").unwrap_err().0;
        assert!(
            error.contains("2 images") && error.contains("r.io/app:10"),
            "{error}"
        );
        assert!(found("none").unwrap_err().0.contains("no such image"));
    }
}
