use proptest::prelude::*;

use super::*;
use crate::domain::encoding;

fn today() -> NaiveDate {
    "2026-06-01".parse().unwrap()
}

fn read(text: &str) -> Parsed {
    parse(text, today()).unwrap()
}

fn numbers(parsed: &Parsed) -> Vec<&str> {
    parsed.members.iter().map(|member| member.member_number.as_str()).collect()
}

fn places(remarks: &[Remark]) -> Vec<(u64, &'static str)> {
    remarks.iter().map(|remark| (remark.line, remark.column)).collect()
}

#[test]
fn separators_marks_and_order_do_not_matter() {
    let comma = "member_number,district,birth_date,email\n1,north,1990-01-31,a@example.org\n2,,,\n";
    let parsed = read(comma);
    assert_eq!(parsed.bad, []);
    assert_eq!(parsed.notices, []);
    assert_eq!(parsed.members.len(), 2);
    assert_eq!(parsed.members[0].birth_date, Some("1990-01-31".parse().unwrap()));
    for other in [
        "\u{feff}email;member_number;birth_date;district\r\na@example.org;1;1990-01-31;north\r\n;2;;\r\n",
        "member_number\tdistrict\tbirth_date\temail\n1\tnorth\t1990-01-31\ta@example.org\n2\t\t\t\n",
        "Member Number; District ;Birth-Date;EMAIL\n1;north;1990-01-31;a@example.org\n2;;;\n",
        "\"member_number\",\"district\",\"birth_date\",\"email\"\r\"1\",\"north\",\"1990-01-31\",\"a@example.org\"\r2,,,\r",
        "\u{feff}\"member_number\";\"district\"\n",
    ] {
        let read = read(other);
        let same = read.members.iter().zip(&parsed.members).all(|(one, same)| one == same);
        assert!(same && read.bad.is_empty() && read.notices.is_empty(), "{other:?}: {read:?}");
    }
}

#[test]
fn what_excel_adds_is_left_out() {
    for text in [
        "sep=;\r\nmember_number;district\r\n1;north\r\n",
        "\u{feff}sep=;\nmember_number;district;;\n1;north;;\n;;;\n\n;;;\n",
        "\"sep=;\"\nmember_number;district\n1;north\n",
        "SEP=\t\nmember_number\tdistrict\n1\tnorth\t\t\n\t\t\t\n",
        "\n\nmember_number,district\n\n1,north,\n\"\",\"\"\n",
        "member_number,,district\n1,,north\n",
        "sep=,\n\nmember_number,district\n1,north",
    ] {
        let parsed = read(text);
        assert_eq!((parsed.bad.as_slice(), parsed.notices.as_slice()), (&[][..], &[][..]), "{text:?}");
        assert_eq!(parsed.members.len(), 1, "{text:?}");
        let member = &parsed.members[0];
        assert_eq!((member.member_number.as_str(), member.district.as_str()), ("1", "north"), "{text:?}");
    }
    let more = read("member_number,,district\n1,x,north\n2,,north,x\n3,,north\n");
    assert_eq!(places(&more.bad), [(2, "line"), (3, "line")]);
}

#[test]
fn each_bad_line_is_told_by_number_column_and_rule() {
    let text = "member_number,district,birth_date,email\n\
                1,north,1990-13-31,\n2,no rth,,\n,north,,\n3,,,nobody\n4,,2030-01-01,\n5,,1899-12-31,\n6,,\n1,,,\n1,,,\n\
                \u{200b},,,\n7,n\u{fffd},,\n8,,,a\u{0}b@example.org\n=1+1,,,\n1.23457E+11,,,\n9\"x,,,\n\"10\"x,,,\n";
    let parsed = read(text);
    let expected = [
        (2, "birth_date"),
        (3, "district"),
        (4, "member_number"),
        (5, "email"),
        (6, "birth_date"),
        (7, "birth_date"),
        (8, "line"),
        (10, "member_number"),
        (11, "member_number"),
        (12, "district"),
        (13, "email"),
        (14, "member_number"),
        (15, "member_number"),
        (17, "line"),
    ];
    assert_eq!(places(&parsed.bad), expected);
    assert_eq!(parsed.bad[7].text, "must be on one line only, and is on line 9");
    assert_eq!(parsed.line_count(), 16);
}

#[test]
fn a_quotation_mark_that_is_not_closed_costs_its_line_alone() {
    let mut text = "member_number,district\n".to_owned();
    for number in 1..=10 {
        text.push_str(&if number == 4 { "4,\"north\n".to_owned() } else { format!("{number},north\n") });
    }
    let parsed = read(&text);
    assert_eq!(numbers(&parsed), ["1", "2", "3", "5", "6", "7", "8", "9", "10"]);
    assert_eq!(places(&parsed.bad), [(5, "line")]);
    assert!(parsed.bad[0].text.contains("not closed"));
    assert_eq!(parsed.line_count(), 10);
    // Two of them, between which lines seem to be one field.
    let parsed = read("member_number,district\n1,\"north\n2,north\n3,north\"\n4,\"\"\"\n5,\"north\"\n");
    assert_eq!(numbers(&parsed), ["2", "5"]);
    assert_eq!(places(&parsed.bad), [(2, "line"), (4, "district"), (5, "line")]);
}

#[test]
fn lines_are_counted_as_an_editor_shows_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = [
            "member_number,district",
            "1,a b",
            "",
            "\"2\",north",
            "",
            "",
            "3,c d",
            "4,\"e",
            "f\"",
            "5,g h",
            "",
        ]
        .join(end);
        let bad: Vec<_> = read(&text).bad.iter().map(|bad| bad.line).collect();
        assert_eq!(bad, [2, 7, 8, 9, 10], "{end:?}");
    }
}

#[test]
fn numbers_that_look_alike_are_one_and_marks_are_undone() {
    let parsed = read(
        "member_number,district\n\u{200b}1001,North\n\"=\"\"007\"\"\",north\n'008,north\n=\"009\",North\n１０,north\n\
         1001\u{a0},north\n12345678Z,north\n12345678z,north\n'1001,north\n",
    );
    assert_eq!(numbers(&parsed), ["1001", "007", "008", "009", "10", "12345678Z"]);
    assert_eq!(places(&parsed.bad), [(7, "member_number"), (9, "member_number"), (10, "member_number")]);
    assert!(parsed.members.iter().all(|member| member.district == "north"));
    assert_eq!(places(&parsed.notices), [2, 3, 4, 5, 6].map(|line| (line, "member_number")));
}

#[test]
fn a_shared_address_is_noticed_on_each_of_its_lines() {
    let parsed = read(
        "member_number,email\n1,ada@example.org\n2,bob@example.org\n3, ADA@example.org\u{200b}\n4,ada@example.org\n5,\n6,\n",
    );
    assert_eq!((parsed.bad.len(), parsed.members.len()), (0, 6));
    assert_eq!(parsed.members[2].email.as_deref(), Some("ADA@example.org"));
    assert_eq!(places(&parsed.notices), [(2, "email"), (4, "email"), (5, "email")]);
    assert!(parsed.notices[0].text.starts_with("is that of line 4 too"));
    assert!(parsed.notices[2].text.starts_with("is that of line 2 too"));
}

#[test]
fn a_header_that_is_not_ours_is_refused_whole() {
    for (text, line, words) in [
        ("", 1, "the file is empty"),
        (";;;\n\n", 1, "the file is empty"),
        ("name\nAda\n", 1, "the first is another one"),
        ("Ada Lovelace,north\n", 1, "the first is another one"),
        ("district\nnorth\n", 1, "must name the column member_number"),
        ("member_number,district,member_number\n1,1,1\n", 1, "names member_number twice"),
        ("sep=;\nmember_number;District;district\n", 2, "names district twice"),
        ("member_number|district\n1|north\n", 1, "with a comma, a semicolon or a tab"),
        ("sep=|\nmember_number|district\n1|north\n", 1, "sep= must name"),
        ("member_number,district,phone\n", 1, "the third is another one"),
        ("member_number,\"district\n1,north\n", 1, "not closed"),
        ("\u{fffd}member_number\n1\n", 1, "between them"),
    ] {
        let refused = parse(text, today()).unwrap_err();
        assert_eq!((refused.line, refused.column), (line, "header"), "{text:?}");
        assert!(refused.text.contains(words), "{text:?}: {}", refused.text);
        assert!(!refused.text.contains("Ada"), "what may be data is not told");
    }
}

/// Files in which something went wrong, as people sent them.
#[test]
fn files_that_were_found_are_read_or_refused_by_name() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/found");
    let Ok(found) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is absent", folder.display());
        return;
    };
    let mut seen = 0;
    for file in found.flatten() {
        let name = file.file_name().into_string().unwrap();
        let bytes = std::fs::read(file.path()).unwrap();
        let said = |name| encoding::named(name).unwrap();
        seen += 1;
        match name.as_str() {
            "roll-cp1252.csv" => {
                let refused = encoding::decode(&bytes, None).unwrap_err();
                assert!(refused.line == 2 && refused.rule.contains("Windows-1252"), "{refused:?}");
                let text = encoding::decode(&bytes, said("windows-1252")).unwrap();
                let parsed = read(&text);
                assert_eq!(parsed.bad, []);
                assert_eq!(identifier::fold(&parsed.members[0].member_number), identifier::fold("NO1001"));
            }
            "roll-excel-tail.csv" => {
                let parsed = read(&encoding::decode(&bytes, None).unwrap());
                assert_eq!((numbers(&parsed), parsed.bad.len()), (vec!["1001"], 0));
            }
            "roll-open-quote.csv" => {
                let parsed = read(&encoding::decode(&bytes, None).unwrap());
                assert_eq!((parsed.members.len(), places(&parsed.bad)), (9, vec![(5, "line")]));
            }
            "roll-zero-width.csv" => {
                let parsed = read(&encoding::decode(&bytes, None).unwrap());
                assert_eq!(
                    (numbers(&parsed), places(&parsed.notices)),
                    (vec!["1001"], vec![(2, "member_number")])
                );
            }
            _ => seen -= 1,
        }
    }
    assert_eq!(seen, 4, "rolls in {}", folder.display());
}

proptest! {
    #[test]
    fn no_text_panics(text in ".*", rows in proptest::collection::vec(".*", 0..5)) {
        let _ = parse(&text, today());
        let _ = parse(&format!("member_number,email\n{}", rows.join("\n")), today());
    }

    #[test]
    fn every_line_is_a_member_or_a_bad_line(rows in proptest::collection::vec("[0-9a\"',=é\u{fffd} ]{0,8}", 0..20)) {
        let text = format!("member_number,district\n{}", rows.join("\n"));
        let parsed = read(&text);
        let blank = |row: &&String| !separated(row, ',')
            .is_ok_and(|fields| fields.iter().all(|field| field.trim().is_empty()));
        prop_assert_eq!(parsed.line_count(), rows.iter().filter(blank).count());
        let mut lines: Vec<_> = parsed.members.iter().map(|member| member.line)
            .chain(parsed.bad.iter().map(|bad| bad.line)).collect();
        lines.sort_unstable();
        lines.dedup();
        prop_assert_eq!(lines.len(), parsed.line_count());
    }
}

#[test]
fn a_birth_date_is_past_wherever_the_day_is_over() {
    // In Tokyo it is eight in the morning of the 30th.
    let morning = "2026-11-29T23:00:00Z".parse().unwrap();
    assert!(birth_date_of("2026-11-29", latest_day(morning)).is_ok());
    assert!(birth_date_of("2026-11-30", latest_day(morning)).is_err());
}

#[test]
fn dates_with_the_day_first_are_read_and_said_once() {
    let text = "numero;naissance\n1;28/02/1980\n2;01.12.1990\n3;1970-05-06\n4;31/02/1980\n5;12/31/1980\n";
    let parsed = read(text);
    let dates: Vec<_> = parsed.members.iter().map(|member| member.birth_date.unwrap().to_string()).collect();
    assert_eq!(dates, ["1980-02-28", "1990-12-01", "1970-05-06"]);
    let said: Vec<_> = parsed.notices.iter().map(|notice| (notice.line, notice.text.as_ref())).collect();
    assert_eq!(said, [(2, "is read with the day first, DD/MM/YYYY")]);
    assert_eq!(parsed.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [5, 6]);
    assert_eq!(parsed.columns, ["member_number", "birth_date"]);
    let bad = read("numero;naissance\n1;1980\n");
    assert_eq!(bad.bad[0].text, "must be a date, YYYY-MM-DD or DD/MM/YYYY");
}
