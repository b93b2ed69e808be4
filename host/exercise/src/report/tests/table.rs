//! The table, as a spreadsheet reads it.

use super::*;

#[test]
fn the_table_parses_back() {
    let exercise = sample::exercise();
    let class = sample::class(&exercise);
    let table = of_class(OfClass::Csv, &class);
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    let columns = reader.headers().expect("there are headings").clone();
    assert_eq!(columns.len(), 10 + exercise.cases.len());
    assert_eq!(
        columns.iter().next_back(),
        Some("5. a very long line (hidden)")
    );
    let rows: Result<Vec<_>, _> = reader.records().collect();
    let rows = rows.expect("rows have as many fields as there are headings");
    assert_eq!(rows.len(), class.submissions.len());
    for field in rows.iter().flatten() {
        assert!(
            !field.starts_with(['=', '+', '-', '@', '\t', '\r']),
            "{field}"
        );
        assert!(!field.contains('\n'), "{field}");
    }
    let ben = rows
        .iter()
        .find(|row| row[0].starts_with("ben"))
        .expect("ben is there");
    assert_eq!(&ben[0], "ben, \"the\\n=cmd|' /C calc'!A1\" </td>");
    let fields: Vec<_> = ben.iter().skip(1).collect();
    assert_eq!(
        fields,
        [
            "1.67",
            "10",
            "1",
            "5",
            "95",
            "2. two lines in one go",
            "extra-bytes",
            "The plugin sent more than was asked for.",
            "yes",
            "passed",
            "extra-bytes",
            "wrong-bytes",
            "crashed",
            "out-of-memory",
        ]
    );
}

#[test]
fn no_name_is_a_formula() {
    for name in ["=1", "+1", "-1", "@a", " =1", "＝1"] {
        let graded = Graded {
            name: name.to_owned(),
            judgements: Vec::new(),
        };
        let exercise = sample::exercise();
        let class = Class {
            exercise: &exercise,
            submissions: vec![Graded {
                judgements: vec![crate::Judgement::unrun(crate::Verdict::Passed); 5],
                ..graded
            }],
        };
        let table = of_class(OfClass::Csv, &class);
        let row = table.lines().nth(1).unwrap_or_default();
        assert!(row.starts_with(&format!("'{name},")), "{row}");
    }
}
