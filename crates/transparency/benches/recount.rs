//! How long a log takes to write and to verify in memory, as JSON: `cargo bench -p comitia-transparency -- 1000000`.

use std::time::Instant;

use comitia_transparency::sheet::{Leaf, Milestone, NO_END, Recount, identifier};
use comitia_transparency::tile::{Kind, Tile, WIDTH, push_entry};
use comitia_transparency::{Frontier, Hash};

fn main() {
    let count: u64 = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let entry = |number: u64| {
        let code = u128::from(number).to_be_bytes();
        let district = format!("Département {}", number % 101);
        let minute = u32::try_from(number / 10_000).unwrap_or(0);
        let identifier = identifier(&[7; 16], &code);
        Leaf { withdrawal: false, identifier, paper: false, minute, district }.encode()
    };
    let mut bundles: Vec<Vec<u8>> = Vec::new();
    for number in 0..count {
        if number.is_multiple_of(u64::from(WIDTH)) {
            bundles.push(Vec::new());
        }
        if let Some(bundle) = bundles.last_mut() {
            assert!(push_entry(bundle, &entry(number)), "an entry is short");
        }
    }
    let started = Instant::now();
    let mut tree = Frontier::default();
    for entry in bundles.iter().filter_map(|bundle| comitia_transparency::tile::entries(bundle)).flatten() {
        tree.push(Hash::leaf(entry), |_| {});
    }
    let appending = started.elapsed().as_secs_f64();

    let milestones = [
        Milestone { id: "total".into(), total: count / 2, districts: 0, in_each: 0, before: NO_END },
        Milestone { id: "spread".into(), total: count, districts: 30, in_each: count / 200, before: NO_END },
    ];
    let started = Instant::now();
    let mut recount = Recount::new(milestones, [count], count);
    for (tile, bundle) in Tile::all(count).filter(|tile| tile.kind == Kind::Entries).zip(&bundles) {
        assert!(recount.add(tile, bundle).is_ok(), "{tile}");
    }
    assert!(recount.check_once().is_ok() && recount.root(count) == Some(tree.root()), "the same log");
    let verifying = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let leaves = count as f64;
    println!(
        "{{\"leaves\":{count},\"append_seconds\":{appending:.3},\"appends_per_second\":{:.0},\
         \"verify_seconds\":{verifying:.3},\"verified_per_second\":{:.0}}}",
        leaves / appending,
        leaves / verifying
    );
}
